package main

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/diag"
)

// reported are faults with all that is hard to write down.
func reported() diag.List {
	at := func(file string, line, col int) diag.Pos { return diag.Pos{File: file, Line: line, Col: col} }
	return diag.List{
		diag.Errorf(at("base/a b:c,d.yaml", 3, 7), "unknown-field", "100%% of %q\r\n::error::is wrong", "x").WithHint("mend it, soon: now").
			WithAlso(at("base/e.yaml", 1, 2), "first set at"),
		diag.Warningf(at("base/z.yaml", 0, 0), "unreadable", "a file without a line"),
		diag.Errorf(diag.Pos{}, "no-config-repo", "no place"),
		diag.Errorf(at("base/z.yaml", 4, 1), "unknown-field", "twice"), diag.Errorf(at("base/z.yaml", 9, 1), "unknown-field", "twice"),
	}
}

func TestReportForGitHub(t *testing.T) {
	got := report{at: "config", faults: reported()}.github()
	want := `::error file=config/base/a b%3Ac%2Cd.yaml,line=3,col=7,title=sluice%3A unknown-field::100%25 of "x"%0D%0A::error::is wrong%0Afirst set at config/base/e.yaml:1:2%0Ahint: mend it, soon: now
::warning file=config/base/z.yaml,title=sluice%3A unreadable::a file without a line
::error file=config/sluice.yaml,title=sluice%3A no-config-repo::no place
::error file=config/base/z.yaml,line=4,col=1,title=sluice%3A unknown-field::twice
::error file=config/base/z.yaml,line=9,col=1,title=sluice%3A unknown-field::twice
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestReportForGitLab(t *testing.T) {
	issues := report{faults: reported()}.gitlab()
	seen := map[string]bool{}
	for _, issue := range issues {
		if seen[issue.Fingerprint] {
			t.Errorf("two issues have one fingerprint: %+v", issue)
		}
		seen[issue.Fingerprint] = true
		if issue.Location.Lines.Begin < 1 || issue.Location.Path == "" || issue.Description == "" {
			t.Errorf("an issue has no place: %+v", issue)
		}
	}
	if issues[0].Severity != "major" || issues[1].Severity != "minor" {
		t.Errorf("severities: %s, %s", issues[0].Severity, issues[1].Severity)
	}
	data, err := json.Marshal(report{}.gitlab())
	if err != nil || string(data) != "[]" {
		t.Errorf("no faults are %s, %v", data, err)
	}
}

// TestFingerprintsStay holds that a fault which moves within its file is the same to a forge, and that others do not change it.
func TestFingerprintsStay(t *testing.T) {
	faults := reported()
	before := report{faults: faults}.fingerprints()
	moved := faults[0]
	moved.Pos.Line, moved.Pos.Col, moved.Hint = 99, 1, "another hint"
	after := report{faults: diag.List{faults[2], moved}}.fingerprints()
	if after[1] != before[0] || after[0] != before[2] {
		t.Errorf("fingerprints changed: %v, then %v", before, after)
	}
	moved.Pos.File = "base/other.yaml"
	if other := (report{faults: diag.List{moved}}).fingerprints(); other[0] == before[0] {
		t.Error("a fault of another file has the same fingerprint")
	}
}

func TestReportAsSARIF(t *testing.T) {
	log := report{at: "config", faults: reported()}.sarif()
	run := log.Runs[0]
	if len(run.Results) != 5 || len(run.Tool.Driver.Rules) != 3 {
		t.Fatalf("%d results, %d rules", len(run.Results), len(run.Tool.Driver.Rules))
	}
	for _, rule := range run.Tool.Driver.Rules {
		if rule.ShortDescription.Text == "" || rule.Help.Text == "" || !strings.Contains(rule.Help.Markdown, "```text\n") {
			t.Errorf("the rule %s teaches nothing: %+v", rule.ID, rule)
		}
	}
	for _, result := range run.Results {
		if run.Tool.Driver.Rules[result.RuleIndex].ID != result.RuleID {
			t.Errorf("%s has the rule of %s", result.RuleID, run.Tool.Driver.Rules[result.RuleIndex].ID)
		}
		if result.Level != "error" && result.Level != "warning" {
			t.Errorf("level %q", result.Level)
		}
		at := result.Locations[0].Physical
		uri, err := url.Parse(at.Artifact.URI)
		if err != nil || uri.IsAbs() || !strings.HasPrefix(uri.Path, "config/") || at.Region.StartLine < 1 {
			t.Errorf("place %+v: %v", at, err)
		}
	}
	first := run.Results[0]
	if first.Locations[0].Physical.Artifact.URI != "config/base/a%20b:c,d.yaml" || *first.Locations[0].Physical.Region != (sarifRegion{3, 7}) {
		t.Errorf("place %+v", first.Locations[0])
	}
	if len(first.Related) != 1 || first.Related[0].Message.Text != "first set at" {
		t.Errorf("related places: %+v", first.Related)
	}
	empty, err := json.Marshal(report{}.sarif())
	if err != nil || !strings.Contains(string(empty), `"results":[]`) || !strings.Contains(string(empty), `"rules":[]`) {
		t.Errorf("without faults: %s, %v", empty, err)
	}
}
