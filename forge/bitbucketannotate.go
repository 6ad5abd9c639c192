package forge

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// insight is the most runes of the text of an annotation of Bitbucket Cloud, and about what Data Center takes.
const insight = 450

// Annotate replaces our report on the head with one of these faults; both Bitbuckets show its annotations at the lines of the difference
// (https://developer.atlassian.com/cloud/bitbucket/rest/api-group-reports/). All are kept, those that are not shown in the report alone.
func (b *bitbucket) Annotate(ctx context.Context, p Pull, marker string, all []Annotation) ([]Annotation, error) {
	shown, left := within(all)
	report := b.repo() + "/commit/" + url.PathEscape(p.Head) + "/reports/" + reportID(marker)
	if _, err := b.call(ctx, http.MethodDelete, report, nil, nil); unless(err, http.StatusNotFound) != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, nil
	}
	if _, err := b.call(ctx, http.MethodPut, report, map[string]any{
		"title": "Sluice", "reporter": "Sluice", "report_type": "BUG", "result": "FAILED", "details": faults(len(all)),
	}, nil); err != nil {
		return nil, notThere(err, b.repository)
	}
	var annotations []map[string]any
	for i, a := range shown {
		annotations = append(annotations, map[string]any{
			"external_id": fmt.Sprint(reportID(marker), "-", i), "annotation_type": "BUG", "severity": "HIGH",
			"path": a.Path, "line": a.Line, "summary": cut(a.Text, insight),
		})
	}
	_, err := b.call(ctx, http.MethodPost, report+"/annotations", annotations, nil)
	return left, err
}

// Annotate replaces our report on the head, as in Bitbucket Cloud
// (https://developer.atlassian.com/server/bitbucket/how-tos/code-insights/).
func (d *dataCenter) Annotate(ctx context.Context, p Pull, marker string, all []Annotation) ([]Annotation, error) {
	shown, left := within(all)
	api := d.at(d.base.JoinPath("../../insights/latest"))
	report := d.repository + "/commits/" + url.PathEscape(p.Head) + "/reports/" + reportID(marker)
	if _, err := api.call(ctx, http.MethodDelete, report, nil, nil); unless(err, http.StatusNotFound) != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, nil
	}
	if _, err := api.call(ctx, http.MethodPut, report, map[string]any{
		"title": "Sluice", "reporter": "Sluice", "result": "FAIL", "details": faults(len(all)),
	}, nil); err != nil {
		return nil, notThere(err, d.name)
	}
	var annotations []map[string]any
	for i, a := range shown {
		annotations = append(annotations, map[string]any{
			"externalId": fmt.Sprint(i), "type": "BUG", "severity": "HIGH", "path": a.Path, "line": a.Line, "message": cut(a.Text, insight),
		})
	}
	_, err := api.call(ctx, http.MethodPost, report+"/annotations", map[string]any{"annotations": annotations}, nil)
	return left, err
}

// reportID names our report; it may hold no slash.
func reportID(marker string) string { return "sluice-" + buildKey(marker)[:12] }

// faults counts in words.
func faults(n int) string {
	if n == 1 {
		return "1 fault"
	}
	return fmt.Sprint(n, " faults")
}
