package embedded

import (
	"net/http"
	"strconv"
	"time"
)

// readLease reads ?ttl=, the seconds after which what a write stores is gone again.
func (q *adminRequest) readLease() *reply {
	text := q.query.Get("ttl")
	if text == "" {
		return nil
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return refuse(http.StatusBadRequest, "invalid argument ttl: should be a number").beforeResource()
	}
	q.lease = time.Duration(seconds * float64(time.Second))
	return nil
}

// leased takes o out of the store when its lease ends, unless another write stands there by then.
func (g *Gateway) leased(o *object, lease time.Duration) {
	if lease <= 0 {
		return
	}
	time.AfterFunc(lease, func() {
		select {
		case <-g.stop:
		default:
			g.store.expire(o)
		}
	})
}
