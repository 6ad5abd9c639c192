package main

import (
	"net/url"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/docs"
)

// sarifLog is a document of the Static Analysis Results Interchange Format, version 2.1.0, as far as it is used here.
type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool       sarifTool     `json:"tool"`
	ColumnKind string        `json:"columnKind"`
	Results    []sarifResult `json:"results"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version"`
	Rules   []sarifRule `json:"rules"`
}

// sarifRule says what one code means.
type sarifRule struct {
	ID               string    `json:"id"`
	ShortDescription sarifText `json:"shortDescription"`
	Help             sarifText `json:"help"`
}

type sarifText struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

// sarifResult is one fault.
type sarifResult struct {
	RuleID       string            `json:"ruleId"`
	RuleIndex    int               `json:"ruleIndex"`
	Level        string            `json:"level"`
	Message      sarifText         `json:"message"`
	Locations    []sarifLocation   `json:"locations"`
	Related      []sarifLocation   `json:"relatedLocations,omitempty"`
	Fingerprints map[string]string `json:"partialFingerprints"`
}

type sarifLocation struct {
	ID       int           `json:"id,omitempty"`
	Physical sarifPhysical `json:"physicalLocation"`
	Message  *sarifText    `json:"message,omitempty"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   *sarifRegion  `json:"region,omitempty"`
}

type sarifArtifact struct {
	URI  string `json:"uri"`
	Base string `json:"uriBaseId"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn,omitempty"`
}

// sarif returns the faults as one run, with a rule for each code that occurs.
func (r report) sarif() sarifLog {
	known, prints := docs.Faults(), r.fingerprints()
	rules, results := []sarifRule{}, []sarifResult{}
	for i, fault := range r.faults {
		at := slices.IndexFunc(rules, func(rule sarifRule) bool { return rule.ID == fault.Code })
		if at < 0 {
			at, rules = len(rules), append(rules, ruleOf(fault.Code, known[fault.Code]))
		}
		result := r.sarifResult(fault)
		result.RuleIndex, result.Fingerprints = at, map[string]string{"sluice/v1": prints[i]}
		results = append(results, result)
	}
	driver := sarifDriver{Name: "sluice", Version: moduleVersion(), Rules: rules}
	run := sarifRun{Tool: sarifTool{driver}, ColumnKind: "unicodeCodePoints", Results: results}
	return sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}}
}

func (r report) sarifResult(fault diag.Diagnostic) sarifResult {
	result := sarifResult{
		RuleID: fault.Code, Level: fault.Severity.String(),
		Message: sarifText{Text: messageOf(fault)}, Locations: []sarifLocation{r.sarifPlace(fault.Pos)},
	}
	for i, also := range fault.Also {
		related := r.sarifPlace(also.Pos)
		related.ID, related.Message = i+1, &sarifText{Text: also.What}
		result.Related = append(result.Related, related)
	}
	return result
}

// messageOf leaves out the related places, which SARIF has a field for.
func messageOf(fault diag.Diagnostic) string {
	if fault.Hint == "" {
		return fault.What
	}
	return fault.What + "\nhint: " + fault.Hint
}

func ruleOf(code string, known docs.Fault) sarifRule {
	help := known.Text + "\n\n```text\n" + known.Example + "\n```\n\n" + known.Cure
	return sarifRule{ID: code, ShortDescription: sarifText{Text: known.Text}, Help: sarifText{Text: known.Cure, Markdown: help}}
}

// sarifPlace is a place whose file is a URI from the top of the checkout.
func (r report) sarifPlace(pos diag.Pos) sarifLocation {
	place := r.place(pos)
	uri := url.URL{Path: place.File}
	return sarifLocation{Physical: sarifPhysical{
		Artifact: sarifArtifact{URI: uri.String(), Base: "%SRCROOT%"},
		Region:   &sarifRegion{StartLine: max(1, place.Line), StartColumn: place.Col},
	}}
}
