package web

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/web/access"
)

// Reconciler is what the handler asks for the present; reconciler.Reconciler is one.
type Reconciler interface {
	Status() reconciler.Status
	Ready() bool
}

// alive answers 200 while the process serves.
func (h *Handler) alive(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }

// ready answers 200 when the config repo was read and the last pass could do its work, or when this replica stands by. Else it answers 503,
// and why in one line, to who may look.
func (h *Handler) ready(w http.ResponseWriter, req *http.Request) {
	role, why := h.readiness()
	switch {
	case why == "" && role == "":
		fmt.Fprintln(w, "ready")
		h.tellTroubles(w, req)
	case why == "":
		fmt.Fprintln(w, "ready: "+role)
		h.tellTroubles(w, req)
	case !h.config.Door.Allowed(req, access.Viewer):
		http.Error(w, "not ready", http.StatusServiceUnavailable)
	default:
		why, _, _ = strings.Cut(why, "\n")
		http.Error(w, why, http.StatusServiceUnavailable)
	}
}

// tellTroubles says below that it is ready what others are not told, to who may look: a forge that is down is no reason not to send requests here.
func (h *Handler) tellTroubles(w http.ResponseWriter, req *http.Request) {
	if h.config.Troubles == nil || !h.config.Door.Allowed(req, access.Viewer) {
		return
	}
	for _, one := range h.config.Troubles() {
		fmt.Fprintf(w, "%s: %s\n", one.What, one.Why)
	}
}

// readiness returns what this replica is, empty when it works alone, and what keeps it from its work.
func (h *Handler) readiness() (role, why string) {
	if h.config.Role != nil {
		var err error
		if role, err = h.config.Role(); err != nil {
			return role, role + ": " + err.Error()
		}
		if what, _, _ := strings.Cut(role, ", "); what != Leader {
			return role, ""
		}
	}
	if trouble := h.config.Reconciler.Status().Error; trouble != "" {
		return role, trouble
	}
	if !h.config.Reconciler.Ready() {
		return role, "the config repo was not read yet"
	}
	return role, ""
}

// Leader is the role of the replica that acts.
const Leader = "leader"
