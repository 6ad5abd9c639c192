package diag_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/diag"
)

func TestTextOfAFault(t *testing.T) {
	at := diag.Pos{File: "environments/prod/routes.yaml", Line: 3, Col: 1}
	fault := diag.Errorf(at, "unknown-key", "unknown field %q", "spce").WithHint("did you mean %q?", "spec").
		WithAlso(diag.Pos{File: "base/routes.yaml", Line: 12, Col: 5}, "overrides")
	want := "environments/prod/routes.yaml:3:1: unknown field \"spce\"\n\toverrides base/routes.yaml:12:5\n\thint: did you mean \"spec\"?"
	if diff := cmp.Diff(want, fault.Error()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	if got := diag.Warningf(diag.Pos{}, "x", "odd").Error(); got != "warning: odd" {
		t.Errorf("a warning without a place reads %q", got)
	}
}

func TestListIsSortedAndEachFaultOnce(t *testing.T) {
	at := func(file string, line int) diag.Pos { return diag.Pos{File: file, Line: line, Col: 1} }
	var list diag.List
	list.Add(diag.Errorf(at("b", 1), "c", "three"), diag.Errorf(at("a", 10), "c", "two"), diag.Errorf(at("a", 9), "c", "one"),
		diag.Errorf(at("a", 9), "c", "one"))
	want := "a:9:1: one\na:10:1: two\nb:1:1: three"
	if diff := cmp.Diff(want, list.Err().Error()); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	var back diag.List
	if !errors.As(list.Err(), &back) || len(back) != 3 {
		t.Errorf("the error gives back %d faults", len(back))
	}
}

func TestWarningsAloneAreNoError(t *testing.T) {
	list := diag.List{diag.Warningf(diag.Pos{}, "c", "odd")}
	if err := list.Err(); err != nil {
		t.Errorf("err = %v", err)
	}
	list.Add(diag.Errorf(diag.Pos{}, "c", "bad"))
	if err := list.Err(); err == nil {
		t.Error("an error among warnings is lost")
	}
}

func TestSuggest(t *testing.T) {
	candidates := []string{"uri", "uris", "service_id", "upstream_id"}
	for word, want := range map[string]string{
		"url": "uri", "urls": "uris", "sevice_id": "service_id", "serivce_id": "service_id", "x": "", "methods": "", "": "",
	} {
		if got := diag.Suggest(word, candidates); got != want {
			t.Errorf("Suggest(%q) = %q, want %q", word, got, want)
		}
	}
}
