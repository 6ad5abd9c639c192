package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/insight"
)

// question is a request of the API whose query is read part by part. What is wrong with it is kept in err.
type question struct {
	*http.Request
	values url.Values
	header http.Header // of the answer
	err    error
}

// askTime bounds how long an answer may take: less than the time in which it must be written.
const askTime = writeTime - 5*time.Second

// view makes a route of what answers a question. A parameter that doc does not name is refused, and one that is given twice: a filter that
// is misspelt must not pass for none.
func view(doc Doc, ask func(ctx context.Context, q *question) (any, error)) (http.Handler, *Doc) {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ctx, cancel := context.WithTimeout(req.Context(), askTime)
		defer cancel()
		q, err := read(req, doc.Query)
		if err != nil {
			refuse(w, err)
			return
		}
		q.header = w.Header()
		document, err := ask(ctx, q)
		if q.err != nil {
			err = q.err
		}
		if err != nil {
			refuse(w, err)
			return
		}
		answer(w, req, document)
	}), &doc
}

func read(req *http.Request, known []Parameter) (*question, error) {
	values, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil {
		return nil, &refused{http.StatusBadRequest, "the query can't be read: " + err.Error()}
	}
	names := make([]string, len(known))
	for i, parameter := range known {
		names[i] = parameter.Name
	}
	for name, texts := range values {
		if !slices.Contains(names, name) {
			return nil, &refused{http.StatusBadRequest, fmt.Sprintf("unknown parameter %q: there are %s", name, strings.Join(names, ", "))}
		}
		if len(texts) > 1 {
			return nil, &refused{http.StatusBadRequest, fmt.Sprintf("%s is given %d times: it can be given once", name, len(texts))}
		}
	}
	return &question{Request: req, values: values}, nil
}

func (q *question) text(name string) string { return q.values.Get(name) }

// among returns a text that is one of the known ones, or empty.
func (q *question) among(name string, known []string) string {
	text := q.values.Get(name)
	if text != "" && !slices.Contains(known, text) {
		q.fail(name, text, "is unknown: there are "+strings.Join(known, ", "))
	}
	return text
}

// leastDigits is how many digits of a hash must be given.
const leastDigits = 4

// commit reads a hash, or how one begins.
func (q *question) commit(name string) string {
	text := strings.ToLower(q.values.Get(name))
	if text != "" && (len(text) < leastDigits || strings.Trim(text, "0123456789abcdef") != "") {
		q.fail(name, text, fmt.Sprintf("is neither a hash nor at least the first %d digits of one", leastDigits))
	}
	return text
}

func (q *question) flag(name string) bool {
	text := q.values.Get(name)
	if text == "" {
		return false
	}
	set, err := strconv.ParseBool(text)
	if err != nil {
		q.fail(name, text, "is neither true nor false")
	}
	return set
}

// number returns one that is not below least, and otherwise what it is when nothing is said.
func (q *question) number(name string, least, otherwise int64) int64 {
	text := q.values.Get(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < least {
		q.fail(name, text, fmt.Sprintf("is not a number from %d on", least))
		return otherwise
	}
	return n
}

func (q *question) moment(name string) time.Time {
	text := q.values.Get(name)
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		q.fail(name, text, "is not a time, as 2026-11-21T18:00:00Z")
	}
	return at
}

// resource reads a key, as routes/login; the zero Key when nothing is said.
func (q *question) resource(name string) gateway.Key {
	text := q.values.Get(name)
	if text == "" {
		return gateway.Key{}
	}
	kind, id, found := strings.Cut(text, "/")
	if !found || kind == "" || id == "" {
		q.fail(name, text, "is not a resource, as routes/login")
	}
	return gateway.Key{Kind: gateway.Kind(kind), ID: id}
}

// page reads which part of a list is asked for.
func (q *question) page() insight.Page {
	return insight.Page{Offset: int(q.number("offset", 0, 0)), Limit: int(q.number("limit", 1, 0))}
}

func (q *question) fail(name, text, what string) {
	if q.err == nil {
		q.err = &refused{http.StatusBadRequest, fmt.Sprintf("%s %q %s", name, text, what)}
	}
}
