package plan

import (
	"fmt"
	"math"

	"github.com/sluice-gitops/sluice/gateway"
)

// limiters returns the plugins that limit requests, with the fields that say how much they let through.
func limiters() map[string][]string {
	return map[string][]string{
		"limit-count": {"count", "time_window"}, "limit-req": {"rate", "burst"}, "limit-conn": {"conn", "burst"},
	}
}

// lowered says how a limit lets less through than before; "" when it does not, or when that can't be told, as with limits that
// come from variables.
func lowered(name string, old, next map[string]any) string {
	if next == nil {
		return ""
	}
	fields := limiters()[name]
	if old == nil {
		return fmt.Sprintf("adds %s (%s)", name, amounts(fields, next))
	}
	var was, is [2]float64
	for i, field := range fields {
		before, wasKnown := number(old[field])
		after, isKnown := number(next[field])
		if !wasKnown || !isKnown {
			return ""
		}
		was[i], is[i] = before, after
	}
	if name == "limit-count" && !fewerInTime(was, is) || name != "limit-count" && is[0] >= was[0] && is[1] >= was[1] {
		return ""
	}
	return fmt.Sprintf("lowers %s (%s → %s)", name, amounts(fields, old), amounts(fields, next))
}

// fewerInTime compares counts per window. Who kept to the old limit keeps to the new one when the new window lets through what all
// old windows in it did.
func fewerInTime(was, is [2]float64) bool {
	if was[1] <= 0 {
		return is[0] < was[0]
	}
	return is[0] < was[0]*math.Ceil(is[1]/was[1])
}

func amounts(fields []string, conf map[string]any) string {
	text := ""
	for _, field := range fields {
		if value, ok := conf[field]; ok {
			text += fmt.Sprintf(", %s %s", field, gateway.Show(value))
		}
	}
	if text == "" {
		return "by rules"
	}
	return text[2:]
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}
