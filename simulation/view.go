package simulation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

// view is what the worker of a gateway has taken: each kind in the order of the writes, with a lag of its own.
type view struct {
	lag     func(gateway.Kind) time.Duration // nil: none
	objects map[gateway.Key]event
	queue   []event                    // what it has yet to take
	last    map[gateway.Kind]time.Time // when the last event of a kind is due
}

// event is a write on its way to the worker; spec is nil for a delete.
type event struct {
	key   gateway.Key
	spec  map[string]any
	index int64
	due   time.Time
}

func newView(lag func(gateway.Kind) time.Duration) view {
	return view{lag: lag, objects: map[gateway.Key]event{}, last: map[gateway.Kind]time.Time{}}
}

func (v *view) add(e event) {
	e.due = time.Now()
	if v.lag != nil {
		e.due = e.due.Add(v.lag(e.key.Kind))
	}
	if last := v.last[e.key.Kind]; last.After(e.due) {
		e.due = last
	}
	v.last[e.key.Kind] = e.due
	v.queue = append(v.queue, e)
}

// follow lets the worker take what is due, and says what it finds dangling on the way; "" when nothing is.
func (v *view) follow(now time.Time) string {
	slices.SortStableFunc(v.queue, func(a, b event) int { return a.due.Compare(b.due) })
	for len(v.queue) > 0 && !v.queue[0].due.After(now) {
		e := v.queue[0]
		v.queue = v.queue[1:]
		if e.spec == nil {
			delete(v.objects, e.key)
		} else {
			v.objects[e.key] = e
		}
		if fault := v.dangling(); fault != "" {
			return fault
		}
	}
	return ""
}

// dangling looks for a route that leads to nothing, or that is answered without the plugin that locks it: what no route leads to takes no
// traffic.
func (v *view) dangling() string {
	for key, object := range v.objects {
		if key.Kind != gateway.Routes {
			continue
		}
		if missing := v.missing(object); missing != "" {
			return fmt.Sprintf("%s leads to %s, which the worker does not have", key, missing)
		}
		if v.opened(object) {
			return fmt.Sprintf("%s is open to everybody", key)
		}
	}
	return ""
}

// missing names what a resource refers to, itself or by others, and what is not there; "" when all is.
func (v *view) missing(object event) string {
	for _, ref := range gateway.Refs(gateway.Resource{Key: object.key, Spec: object.spec}) {
		if ref.Soft {
			continue
		}
		next, there := v.objects[ref.To]
		if !there {
			return ref.To.String()
		}
		if missing := v.missing(next); missing != "" {
			return missing
		}
	}
	return ""
}

// show answers a request to the control API: /v1/route/ID.
func (v *view) show(path string) *answer {
	parts := strings.Split(strings.TrimPrefix(path, "/v1/"), "/")
	key := gateway.Key{Kind: gateway.Kind(parts[0] + "s"), ID: parts[len(parts)-1]}
	e, there := v.objects[key]
	if !there {
		return said(404, "application/json", fmt.Sprintf(`{"error_msg":"%s[%s] not found"}`, parts[0], key.ID))
	}
	return said(200, "application/json", fmt.Sprintf(`{"modifiedIndex":%d}`, e.index))
}
