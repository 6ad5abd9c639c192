package forgetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// object is JSON that is written down where it is sent.
type object map[string]any

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// says answers with a message, as GitHub, GitLab and Gitea do.
func says(w http.ResponseWriter, status int, message string) {
	answer(w, status, object{"message": message})
}

// sent reads the body of a request.
func sent(r *http.Request) object {
	body := object{}
	_ = json.NewDecoder(r.Body).Decode(&body)
	return body
}

// text returns a text at a path of keys; none: the empty one.
func (o object) text(keys ...string) string {
	var at any = map[string]any(o)
	for _, key := range keys {
		inner, ok := at.(map[string]any)
		if !ok {
			return ""
		}
		at = inner[key]
	}
	said, _ := at.(string)
	return said
}

func (o object) has(key string) bool {
	_, ok := o[key]
	return ok
}

// number reads a number out of a path.
func number(r *http.Request, name string) int {
	n, _ := strconv.Atoi(r.PathValue(name))
	return n
}

// paged cuts the page out of a list that a request asks for, and names the next one in a Link header, in which the server calls itself
// by a name that nobody else knows. Pages are small here, so that lists have several.
func paged[T any](w http.ResponseWriter, r *http.Request, size int, all []T) []T {
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	from := min((max(page, 1)-1)*size, len(all))
	to := min(from+size, len(all))
	if to < len(all) {
		query := r.URL.Query()
		query.Set("page", strconv.Itoa(max(page, 1)+1))
		w.Header().Set("Link", fmt.Sprintf(`<http://name-of-its-own%s?%s>; rel="next", <http://name-of-its-own/>; rel="last"`, r.URL.Path, query.Encode()))
	}
	return all[from:to]
}

// each turns a list into another.
func each[T, U any](all []T, turn func(T) U) []U {
	turned := []U{}
	for _, one := range all {
		turned = append(turned, turn(one))
	}
	return turned
}

// only keeps what holds.
func only[T any](all []T, holds func(T) bool) []T {
	var kept []T
	for _, one := range all {
		if holds(one) {
			kept = append(kept, one)
		}
	}
	return kept
}

// manySent reads a body that is a list.
func manySent(r *http.Request) []object {
	var all []object
	_ = json.NewDecoder(r.Body).Decode(&all)
	return all
}
