package embedded

import (
	"io"
	"net/http"
	"strconv"
)

const maxBody = 1536 << 10

// read reads and parses the body. Every method may have one, and a broken one is a fault with each.
func (q *adminRequest) read(r *http.Request) *reply {
	text, fault := readBody(r, maxBody)
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

func readBody(r *http.Request, largest int64) ([]byte, *reply) {
	text, err := io.ReadAll(io.LimitReader(r.Body, largest+1))
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "invalid request body: %v", err).beforeResource()
	}
	if size := int64(len(text)); size > largest {
		return nil, refuse(http.StatusBadRequest, "invalid request body: request size %d is greater than the maximum size %d allowed",
			max(r.ContentLength, size), largest).beforeResource()
	}
	return text, nil
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
