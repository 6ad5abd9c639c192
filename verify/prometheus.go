package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

// Prometheus is a server that answers instant queries of Prometheus's HTTP API. It is safe for use by several goroutines at once.
type Prometheus struct {
	URL string // as https://prometheus:9090, with the path below which api/v1 stands when there is one
	// Token returns what logs in, as Bearer; it is asked for each query. Nil: nobody logs in.
	Token func() (gateway.Secret, error)
	// Transport sends the queries; nil: http.DefaultTransport.
	Transport http.RoundTripper
}

const (
	// queryTime is how long one query may take.
	queryTime = 30 * time.Second
	// mostResult is how much of a result is read, in bytes.
	mostResult = 4 << 20
)

// queryError is why there are no values.
type queryError struct {
	text string
	// final: the query itself is to blame, and will be the next time.
	final bool
}

func (e *queryError) outcome() outcome {
	if e.final {
		return outcome{hopeless, e.text}
	}
	return outcome{unknown, "metrics could not be read: " + e.text}
}

// reply is an answer of the API.
type reply struct {
	Status    string
	ErrorType string
	Error     string
	Data      struct {
		ResultType string
		Result     json.RawMessage
	}
}

// query returns the value of every sample.
func (s *Prometheus) query(ctx context.Context, text string) ([]float64, *queryError) {
	ctx, stop := context.WithTimeout(ctx, queryTime)
	defer stop()
	status, body, err := s.ask(ctx, text)
	if err != nil {
		return nil, &queryError{text: reason(err)}
	}
	var said reply
	if err := json.Unmarshal(body, &said); err != nil {
		return nil, &queryError{text: fmt.Sprintf("%d, and the answer is not that of a Prometheus", status)}
	}
	switch {
	case said.ErrorType == "bad_data" && status == http.StatusBadRequest:
		return nil, &queryError{text: line("the query is refused: " + said.Error), final: true}
	case said.Status != "success" || status != http.StatusOK:
		return nil, &queryError{text: line(fmt.Sprintf("%d %s", status, said.Error))}
	}
	return samples(said.Data.ResultType, said.Data.Result)
}

func (s *Prometheus) ask(ctx context.Context, text string) (int, []byte, error) {
	address := strings.TrimRight(s.URL, "/") + "/api/v1/query?query=" + url.QueryEscape(text)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, nil, err
	}
	if s.Token != nil {
		token, err := s.Token()
		if err != nil {
			return 0, nil, &unsent{err.Error()}
		}
		req.Header.Set("Authorization", "Bearer "+token.Reveal())
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := (&http.Client{Transport: s.Transport, CheckRedirect: stay}).Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostResult+1))
	if len(body) > mostResult {
		err = errTooLong
	}
	return resp.StatusCode, body, err
}

// samples reads the values of a result. One that has none, as a histogram has, makes the whole unreadable.
func samples(kind string, result json.RawMessage) ([]float64, *queryError) {
	type sample struct {
		Value []any `json:"value"`
	}
	var list []sample
	var err error
	switch kind {
	case "vector":
		err = json.Unmarshal(result, &list)
	case "scalar":
		list = make([]sample, 1)
		err = json.Unmarshal(result, &list[0].Value)
	default:
		return nil, &queryError{text: fmt.Sprintf("the query gives a %s, want a vector or a scalar", line(kind)), final: true}
	}
	values := make([]float64, 0, len(list))
	for _, one := range list {
		if err != nil || len(one.Value) != 2 {
			return nil, &queryError{text: "a sample has no value"}
		}
		text, _ := one.Value[1].(string)
		value, bad := strconv.ParseFloat(text, 64)
		if bad != nil {
			return nil, &queryError{text: "a sample has no value"}
		}
		values = append(values, value)
	}
	if err != nil {
		return nil, &queryError{text: "the result can't be read"}
	}
	return values, nil
}
