package validate

import (
	"net/http"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// verdict is the gateway's answer to a document.
type verdict struct {
	Reason string      `json:"error_msg"`
	Errors []complaint `json:"errors"`
}

// complaint is what it finds wrong with one entry.
type complaint struct {
	Section string `json:"resource_type"`
	Index   *int   `json:"index"`
	Text    string `json:"error"`
}

// faults turns an answer into faults of resources. An answer that speaks of nothing that was sent is an error.
func (d *document) faults(c admin.Call, answer verdict) ([]gateway.Fault, error) {
	if answer.Reason != "" && len(answer.Errors) == 0 {
		return nil, c.Fail(gateway.Refused, http.StatusBadRequest, answer.Reason, nil).Error
	}
	var faults []gateway.Fault
	for _, one := range answer.Errors {
		items := d.sections[one.Section]
		if one.Index == nil || *one.Index < 0 || *one.Index >= len(items) {
			return nil, c.Fail(gateway.Refused, http.StatusBadRequest, one.Section+": "+one.Text, nil).Error
		}
		if comparesWithLive(one.Text) {
			continue
		}
		r := items[*one.Index].Resource
		text := c.Fail(gateway.Refused, http.StatusBadRequest, one.Text, nil).Reason
		faults = append(faults, gateway.Fault{Key: r.Key, Path: placeIn(r.Spec, one.Text), What: "is refused by the gateway: " + text})
	}
	return faults, nil
}

// comparesWithLive reports whether a complaint comes from a look at the present configuration, part of which may be what this
// commit changes: a client certificate that is created beside its upstream, a plugin that moves between global rules, a key
// that moves between consumers.
func comparesWithLive(text string) bool {
	return strings.Contains(text, "already exists in global rule") || strings.Contains(text, "duplicate key of plugin") ||
		strings.Contains(text, "failed to fetch ")
}
