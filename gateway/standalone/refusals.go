package standalone

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// refusals collects why resources are refused, the first reason of each.
type refusals map[gateway.Key]error

func (r refusals) add(key gateway.Key, op, why string) {
	if r[key] == nil {
		c := admin.Call{Op: op, Key: key}
		r[key] = c.Fail(gateway.Refused, 0, why, nil).Error
	}
}

func (r refusals) addFaults(faults []gateway.Fault) {
	for _, fault := range faults {
		what := fault.What
		if len(fault.Path) > 0 {
			what = fault.Path.String() + ": " + what
		}
		if fault.Hint != "" {
			what += ": " + fault.Hint
		}
		r.add(fault.Key, "put", what)
	}
}

// err returns a *gateway.Refusals, nil when there are none.
func (r refusals) err() error {
	if len(r) == 0 {
		return nil
	}
	return &gateway.Refusals{Keys: r}
}

// tooLarge returns the error of a document that no instance could keep; nil for one that fits, or is no larger than what they keep
// already: what makes room is always let through.
func (g *Gateway) tooLarge(base *document, body []byte, what string) error {
	most := g.cfg.DocumentLimit - g.cfg.DocumentLimit/16
	if len(body) <= most || len(body) <= len(base.encode()) {
		return nil
	}
	c := admin.Call{Op: "put configuration"}
	return c.Fail(gateway.Refused, 0, fmt.Sprintf("%s is a document of %d bytes, and at most %d fit into the %d bytes of "+
		"shared memory that an instance has for it", what, len(body), most, g.cfg.DocumentLimit), nil).Error
}

var misplaced = regexp.MustCompile(`^invalid (\w+) at index (\d+), err: (.*)`)

// blamed turns the refusal of a whole document into that of one resource, where the gateway told its place.
func blamed(err error, d *document) error {
	var refused *gateway.Error
	if !errors.As(err, &refused) || refused.Class != gateway.Refused {
		return err
	}
	parts := misplaced.FindStringSubmatch(refused.Reason)
	if parts == nil {
		return err
	}
	at, outside := strconv.Atoi(parts[2])
	items := d.sections[parts[1]]
	if outside != nil || at >= len(items) || items[at].key == (gateway.Key{}) {
		return err
	}
	one := refusals{}
	one.add(items[at].key, "put", parts[3])
	return one.err()
}
