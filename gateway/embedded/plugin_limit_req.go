package embedded

import (
	"math"
	"sync"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

// leak lets requests through at a rate; what comes faster is held back as far as the burst goes, and refused beyond.
type leak struct {
	mu     sync.Mutex
	excess map[string]float64
	last   map[string]time.Time
}

// take adds one request and returns for how long it is to be held back; false when it is too many.
func (b *leak) take(key string, rate, burst float64) (time.Duration, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	excess := 0.0
	if last, ok := b.last[key]; ok {
		excess = math.Max(b.excess[key]-rate*now.Sub(last).Seconds()+1, 0)
		if excess > burst {
			return 0, false
		}
	}
	b.forgetIdle(now, rate)
	b.excess[key], b.last[key] = excess, now
	return time.Duration(excess / rate * float64(time.Second)), true
}

// forgetIdle drops the keys that hold nothing any more, when there are many.
func (b *leak) forgetIdle(now time.Time, rate float64) {
	if len(b.last) < maxWindows {
		return
	}
	for key, last := range b.last {
		if b.excess[key] < rate*now.Sub(last).Seconds() {
			delete(b.last, key)
			delete(b.excess, key)
		}
	}
}

// buildLimitReq counts in this process only, whatever the policy says.
func buildLimitReq(_ *Gateway, _ gateway.Key, conf map[string]any, p *plugin) {
	b := &leak{excess: map[string]float64{}, last: map[string]time.Time{}}
	p.access = func(x *exchange) *answer {
		delay, ok := b.take(x.limitKey(conf), x.quantity(conf["rate"]), x.quantity(conf["burst"]))
		if !ok {
			refusal := &answer{status: int(number(conf["rejected_code"]))}
			if message, ok := conf["rejected_msg"].(string); ok {
				refusal.body = map[string]any{"error_msg": message}
			}
			return refusal
		}
		if conf["nodelay"] != true && delay > 0 {
			pause(x.r.Context(), delay)
		}
		return nil
	}
}
