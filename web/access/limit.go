package access

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limiter bounds how often one address may do something. Addresses of IPv6 that one customer is given share a bound. It is safe for
// concurrent use; make one with NewLimiter.
type Limiter struct {
	perSecond rate.Limit
	burst     int

	mu      sync.Mutex
	callers map[netip.Prefix]*caller
}

// caller is one address, and how often it may call.
type caller struct {
	limit *rate.Limiter
	seen  time.Time
}

// mostCallers bounds how many addresses are remembered.
const mostCallers = 1000

// NewLimiter returns a Limiter that lets each address through burst times at once, and perSecond times a second after that.
func NewLimiter(perSecond float64, burst int) *Limiter {
	return &Limiter{perSecond: rate.Limit(perSecond), burst: burst, callers: map[netip.Prefix]*caller{}}
}

// Allow reports whether the address may act now, and counts it when it may.
func (l *Limiter) Allow(address netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.caller(address).limit.Allow()
}

func (l *Limiter) caller(address netip.Addr) *caller {
	key := shared(address)
	known, ok := l.callers[key]
	if !ok {
		if len(l.callers) >= mostCallers {
			delete(l.callers, l.oldest())
		}
		known = &caller{limit: rate.NewLimiter(l.perSecond, l.burst)}
		l.callers[key] = known
	}
	known.seen = time.Now()
	return known
}

// oldest returns the address that was not seen for the longest time.
func (l *Limiter) oldest() (oldest netip.Prefix) {
	for other, c := range l.callers {
		if !oldest.IsValid() || c.seen.Before(l.callers[oldest].seen) {
			oldest = other
		}
	}
	return oldest
}

// shared is what an address has in common with others of the same customer.
func shared(address netip.Addr) netip.Prefix {
	address = address.Unmap().WithZone("")
	bits := address.BitLen()
	if address.Is6() {
		bits = 64
	}
	prefix, err := address.Prefix(bits)
	if err != nil { // of no address at all; all of those share one bound
		return netip.PrefixFrom(netip.IPv6Unspecified(), 0)
	}
	return prefix
}
