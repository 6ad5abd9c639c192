package openapi

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// raw is a text that is written as it is: a reference in it is one.
type raw string

// Layer is what an import makes of a document. Only Import makes one.
type Layer struct {
	Variables []string // that each environment has to set, sorted
	Secrets   []string // that the daemon has to know, sorted

	service  string
	title    string
	upstream map[string]any
	body     map[string]any // of the service
	routes   []route
}

// route is one route of a layer.
type route struct {
	id   string
	spec map[string]any
}

// Routes returns the number of routes.
func (l Layer) Routes() int { return len(l.routes) }

// variable notes that the layer names a variable, and returns the reference.
func (l *Layer) variable(name string) raw {
	l.Variables = with(l.Variables, name)
	return raw("${vars." + name + "}")
}

// secret notes that the layer names a secret, and returns the reference.
func (l *Layer) secret(name string) raw {
	l.Secrets = with(l.Secrets, name)
	return raw("${secret(" + name + ")}")
}

// with returns a sorted list that holds the word, too.
func with(list []string, word string) []string {
	at, found := slices.BinarySearch(list, word)
	if found {
		return list
	}
	return slices.Insert(list, at, word)
}

var word = regexp.MustCompile(`[A-Za-z0-9]+`)

// camel makes the beginning of a variable's name of the name of a service: user-api becomes userApi.
func camel(service string) string {
	words := word.FindAllString(service, -1)
	for i, w := range words {
		if i > 0 {
			words[i] = string(unicode.ToUpper(rune(w[0]))) + w[1:]
		}
	}
	return strings.Join(words, "")
}

// plainValue returns a value of a layer as gateways compare them.
func plainValue(v any) any {
	switch v := v.(type) {
	case raw:
		return string(v)
	case map[string]any:
		m := maps.Clone(v)
		for key, value := range m {
			m[key] = plainValue(value)
		}
		return m
	case []any:
		list := slices.Clone(v)
		for i, item := range list {
			list[i] = plainValue(item)
		}
		return list
	}
	return v
}
