package main

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/skew"
)

// TestDocsNameEveryCommand holds docs/cli.md against the program: a section for each command, and in it each flag.
func TestDocsNameEveryCommand(t *testing.T) {
	sections := docSections(t)
	root := (&app{}).root()
	root.InitDefaultHelpCmd()
	for _, cmd := range root.Commands() {
		section, ok := sections["sluice "+cmd.Name()]
		if !ok || !strings.Contains(section, cmd.CommandPath()) {
			t.Errorf("docs/cli.md has no section %q", "sluice "+cmd.Name())
			continue
		}
		cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
			if flag.Name != "help" && !strings.Contains(section, "--"+flag.Name) {
				t.Errorf("docs/cli.md: section %q does not name --%s", cmd.CommandPath(), flag.Name)
			}
		})
	}
}

// TestDocsNameEveryField holds the machine output against its documentation.
func TestDocsNameEveryField(t *testing.T) {
	sections := docSections(t)
	for name, document := range map[string]any{
		"sluice validate": fault{}, "sluice plan": plan.Document{}, "sluice status": reconciler.Status{}, "sluice history": record.Entry{},
		"sluice diff": skew.Document{},
	} {
		for _, field := range jsonFields(reflect.TypeOf(document)) {
			if !strings.Contains(sections[name], "`"+field+"`") {
				t.Errorf("docs/cli.md: section %q does not name the field %q", name, field)
			}
		}
	}
}

func docSections(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for _, section := range strings.Split(string(text), "\n### ")[1:] {
		title, body, _ := strings.Cut(section, "\n")
		sections[title] = body
	}
	return sections
}

// jsonFields lists the names in the JSON form of a type, those of the types below it included.
func jsonFields(t reflect.Type) []string {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || strings.HasPrefix(t.PkgPath(), "time") {
		return nil
	}
	var names []string
	for _, field := range reflect.VisibleFields(t) {
		if tag, _, _ := strings.Cut(field.Tag.Get("json"), ","); tag != "" {
			names = append(names, tag)
			names = append(names, jsonFields(field.Type)...)
		}
	}
	return names
}
