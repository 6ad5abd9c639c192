package api7test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// object is a stored object, and when it was made.
type object struct {
	made   int
	fields map[string]any
}

// store is what one gateway group has. Its keys are paths: "routes/r1", "consumers/alice/credentials/main".
type store struct {
	made     int
	objects  map[string]object
	versions map[string][]string // every version that a service was published under
}

func newStore() *store {
	return &store{objects: map[string]object{}, versions: map[string][]string{}}
}

func (s *store) put(path string, fields map[string]any) {
	s.made++
	made := s.made
	if old, ok := s.objects[path]; ok {
		made = old.made
	}
	s.objects[path] = object{made, fields}
}

// drop removes an object and what hangs below it.
func (s *store) drop(path string) {
	for other, o := range maps.Clone(s.objects) {
		inService := strings.HasPrefix(path, "services/") && o.fields["service_id"] == strings.TrimPrefix(path, "services/") &&
			!strings.HasPrefix(other, "services/")
		if other == path || strings.HasPrefix(other, path+"/") || inService {
			delete(s.objects, other)
		}
	}
}

// below lists the objects of a directory, the newest first, as the API does.
func (s *store) below(directory string, keep func(map[string]any) bool) []map[string]any {
	var found []object
	for path, o := range s.objects {
		id, ok := strings.CutPrefix(path, directory+"/")
		if ok && !strings.Contains(id, "/") && keep(o.fields) {
			found = append(found, o)
		}
	}
	slices.SortFunc(found, func(a, b object) int { return b.made - a.made })
	items := make([]map[string]any, len(found))
	for i, o := range found {
		items[i] = o.fields
	}
	return items
}

func all(map[string]any) bool { return true }

// paged answers with the page that was asked for.
func paged(items []map[string]any, query url.Values) answer {
	size, number := len(items), 1
	if n, err := strconv.Atoi(query.Get("page_size")); err == nil && n > 0 {
		size = n
	}
	if n, err := strconv.Atoi(query.Get("page")); err == nil && n > 0 {
		number = n
	}
	total := len(items)
	from := min((number-1)*size, total)
	page := items[from:min(from+size, total)]
	return answer{http.StatusOK, map[string]any{"list": append([]map[string]any{}, page...), "total": total}}
}

// labelled keeps the items that carry every label of the query, as labels[team]=shop.
func labelled(query url.Values) func(map[string]any) bool {
	return func(fields map[string]any) bool {
		labels, _ := fields["labels"].(map[string]any)
		for name, values := range query {
			label, isLabel := strings.CutPrefix(name, "labels[")
			if isLabel && labels[strings.TrimSuffix(label, "]")] != values[0] {
				return false
			}
		}
		return true
	}
}
