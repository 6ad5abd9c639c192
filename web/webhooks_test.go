package web_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/web"
	"github.com/sluice-gitops/sluice/web/access"
)

func door(kind string) *web.Webhooks {
	return web.NewWebhooks(kind, func() (gateway.Secret, error) { return gateway.NewSecret("", "s3cret"), nil }, zap.NewNop())
}

// deliver sends a delivery with a signature by this key.
func deliver(t *testing.T, h http.Handler, from, key, body string) int {
	t.Helper()
	open, err := access.NewDoor(access.Config{}, nil, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(body))
	request := httptest.NewRequest(http.MethodPost, "/webhooks/gitea", strings.NewReader(body))
	request.RemoteAddr = from + ":4711"
	digest := hex.EncodeToString(mac.Sum(nil))
	request.Header.Set("X-Gitea-Signature", digest)
	request.Header.Set("X-Hub-Signature-256", "sha256="+digest)
	request.Header.Set("X-Gitea-Event", "push")
	request.Header.Set("X-Gitea-Delivery", "d-1")
	answer := httptest.NewRecorder()
	open.Guard(access.Nobody, "", h).ServeHTTP(answer, request)
	return answer.Code
}

func TestWebhooksAreAnswered(t *testing.T) {
	tests := map[string]struct {
		kind, key, body string
		code            int
		outcome         string
	}{
		"genuine":                {forge.Gitea, "s3cret", `{"ref":"refs/heads/main"}`, 202, "accepted"},
		"not JSON at all":        {forge.Gitea, "s3cret", `}{`, 202, "accepted"},
		"another secret":         {forge.Gitea, "guess", `{}`, 403, "forged"},
		"larger than Gitea's":    {forge.Gitea, "s3cret", strings.Repeat("x", 2<<20), 413, "too large"},
		"as large as GitHub's":   {forge.GitHub, "s3cret", strings.Repeat("x", 2<<20), 202, "accepted"},
		"larger than GitHub's":   {forge.GitHub, "s3cret", strings.Repeat("x", 26<<20), 413, "too large"},
		"large and not genuine":  {forge.GitHub, "guess", strings.Repeat("x", 2<<20), 403, "forged"},
		"a forge of another way": {forge.GitLab, "s3cret", `{}`, 403, "forged"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			h, genuine := door(test.kind), 0
			h.Accepted = func(http.Header) { genuine++ }
			if code := deliver(t, h, "10.0.0.1", test.key, test.body); code != test.code {
				t.Errorf("answered %d, want %d", code, test.code)
			}
			last := h.Last()
			if len(last) != 1 || last[0].Outcome != test.outcome || h.Counts()[test.outcome] != 1 {
				t.Errorf("noted %+v, want %s", last, test.outcome)
			}
			if (genuine == 1) != (test.outcome == "accepted") {
				t.Errorf("%d deliveries were told of as genuine", genuine)
			}
		})
	}
}

func TestADoorWithoutASecretIsShut(t *testing.T) {
	for name, secret := range map[string]func() (gateway.Secret, error){
		"empty":      func() (gateway.Secret, error) { return gateway.NewSecret("", ""), nil },
		"unreadable": func() (gateway.Secret, error) { return gateway.Secret{}, errors.New("no such file") },
	} {
		if code := deliver(t, web.NewWebhooks(forge.Gitea, secret, zap.NewNop()), "10.0.0.1", "", "{}"); code != http.StatusServiceUnavailable {
			t.Errorf("%s: answered %d", name, code)
		}
	}
}

func TestOneAddressCannotFloodTheDoor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := door(forge.Gitea)
		codes := map[int]int{}
		for range 100 {
			codes[deliver(t, h, "10.0.0.1", "guess", "{}")]++
		}
		if diff := cmp.Diff(map[int]int{403: 50, 429: 50}, codes); diff != "" {
			t.Errorf("answers (-want +got):\n%s", diff)
		}
		if code := deliver(t, h, "10.0.0.2", "s3cret", "{}"); code != 202 {
			t.Errorf("another address is answered %d", code)
		}
		for i := range 3000 {
			deliver(t, h, fmt.Sprintf("10.1.%d.%d", i/250, i%250), "guess", "{}")
		}
		if n := len(h.Last()); n != 50 {
			t.Errorf("%d deliveries are kept", n)
		}
	})
}

func TestADeliveryIsLookedForOverAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := door(forge.Gitea)
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
		defer stop()
		nudges, start := h.Nudges(ctx), time.Now()
		go func() {
			time.Sleep(time.Minute)
			deliver(t, h, "10.0.0.1", "s3cret", "{}")
			deliver(t, h, "10.0.0.1", "guess", "{}")
		}()
		var at []time.Duration
		for {
			select {
			case <-nudges:
				at = append(at, time.Since(start)-time.Minute)
				continue
			case <-ctx.Done():
			}
			break
		}
		want := []time.Duration{0, 2 * time.Second, 5 * time.Second, 15 * time.Second, 40 * time.Second}
		if diff := cmp.Diff(want, at); diff != "" {
			t.Errorf("nudges after the delivery (-want +got):\n%s", diff)
		}
	})
}
