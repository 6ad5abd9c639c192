package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/sluice-gitops/sluice/gateway/admin"
)

// Answers returns nil when the control API of that address answers: the instance runs, and the worker that was met serves. Which configuration it has
// is not asked.
func Answers(ctx context.Context, client *http.Client, address string) error {
	address = strings.TrimRight(address, "/")
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/v1/healthcheck", nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return errors.New(admin.WithoutURL(err))
	}
	defer resp.Body.Close()
	begin, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	// It is a list, or an object without anything in it. A page that answers everything with 200 is neither.
	begin = bytes.TrimSpace(begin)
	if resp.StatusCode != http.StatusOK || !bytes.HasPrefix(begin, []byte("[")) && !bytes.HasPrefix(begin, []byte("{")) {
		return fmt.Errorf("%s without a list of health checks: is this the URL of a control API?", resp.Status)
	}
	return nil
}
