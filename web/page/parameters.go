package page

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/insight"
)

// checkQuery refuses a parameter that a page does not know, and one that is given twice: a filter that is misspelt must not pass for none.
func checkQuery(r *http.Request, known []string) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return &insight.QueryError{Field: "address", What: err.Error()}
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if !slices.Contains(known, name) {
			return &insight.QueryError{Field: name, What: unknown("this page has no such parameter", name, known)}
		}
		if len(query[name]) > 1 {
			return &insight.QueryError{Field: name, What: "it is given more than once"}
		}
	}
	return nil
}

// oneOf refuses a value that is none of those there are; an empty one asks for nothing.
func oneOf(field, value string, known []string) error {
	if value == "" || slices.Contains(known, value) {
		return nil
	}
	return &insight.QueryError{Field: field, What: unknown(fmt.Sprintf("there is no %q", value), value, known)}
}

// flag reads a parameter that is set to 1, or not at all.
func flag(query url.Values, field string) (bool, error) {
	text := query.Get(field)
	if text != "" && text != "1" {
		return false, &insight.QueryError{Field: field, What: "write 1, or leave it out"}
	}
	return text != "", nil
}

func unknown(fault, value string, known []string) string {
	if len(known) == 0 {
		return fault + ": it takes none"
	}
	return fault + ": " + diag.DidYouMean(cut(value, 60), known, "there are "+strings.Join(known, ", "))
}
