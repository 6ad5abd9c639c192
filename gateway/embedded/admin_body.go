package embedded

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

const maxBody = 1536 << 10

// read reads and parses the body. Every method may have one, and a broken one is a fault with each.
func (q *adminRequest) read(r *http.Request) *reply {
	text, fault := readBody(r)
	if fault != nil || len(text) == 0 {
		return fault
	}
	body, err := parseJSON(text)
	if err != nil {
		return &reply{status: http.StatusBadRequest, early: true, body: map[string]any{
			"error_msg": "invalid request body: " + err.Error(), "req_body": string(text),
		}}
	}
	q.body, q.sent = body, true
	return nil
}

func readBody(r *http.Request) ([]byte, *reply) {
	text, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "invalid request body: %v", err).beforeResource()
	}
	if len(text) > maxBody {
		size := max(r.ContentLength, int64(len(text)))
		return nil, refuse(http.StatusBadRequest,
			"invalid request body: request size %d is greater than the maximum size %d allowed", size, maxBody).beforeResource()
	}
	return text, nil
}

// parseJSON reads one JSON value. Numbers keep fourteen digits, as they do where Lua writes them.
func parseJSON(text []byte) (any, error) {
	var v any
	decoder := json.NewDecoder(bytes.NewReader(text))
	err := decoder.Decode(&v)
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("Expected value but found T_END at character %d", len(text)+1)
	case errors.As(err, &syntax):
		return nil, fmt.Errorf("Expected value but found invalid token at character %d", tokenStart(text, syntax.Offset))
	case err != nil:
		return nil, err
	}
	if rest := bytes.TrimLeft(text[decoder.InputOffset():], " \t\r\n"); len(rest) > 0 {
		return nil, fmt.Errorf("Expected the end but found invalid token at character %d", len(text)-len(rest)+1)
	}
	return rounded(v), nil
}

// tokenStart is where the word begins whose letter at offset was not understood; both count from 1.
func tokenStart(text []byte, offset int64) int64 {
	for offset > 1 && text[offset-2] >= 'a' && text[offset-2] <= 'z' {
		offset--
	}
	return offset
}

// rounded rounds in place: the value was just parsed and belongs to nobody else.
func rounded(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			v[key] = rounded(value)
		}
	case []any:
		for i, value := range v {
			v[i] = rounded(value)
		}
	case float64:
		if short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 14, 64), 64); err == nil {
			return short
		}
	}
	return v
}
