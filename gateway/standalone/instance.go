package standalone

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

const (
	digestHeader = "X-Digest"
	lastModified = "X-Last-Modified"
)

// instance is one gateway process, and what was last seen of it.
type instance struct {
	Instance
	base string // the Admin API with its path, without a slash at the end
	name string // for people

	known bool // mark and has are what it had when it was last asked
	mark  mark
	has   *document // what it has; nil when it has nothing
	keeps versions  // the sections that it keeps, when it was last read
	wrote time.Time // when it last took a document from here
}

// mark tells documents of one instance apart without reading them.
type mark struct {
	configured bool // a document was put since the instance started
	digest     string
	modified   int64 // unix seconds, by the instance's clock
}

func readMark(header http.Header) (mark, error) {
	text := header.Get(lastModified)
	if text == "" {
		return mark{}, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return mark{}, admin.Foreign(fmt.Sprintf("%s %q", lastModified, text))
	}
	return mark{configured: true, digest: header.Get(digestHeader), modified: seconds}, nil
}

func (i *instance) call(op, method string) admin.Call {
	return admin.Call{Op: op + " on instance " + i.name, Method: method, URL: i.base + "/configs"}
}

// forget makes the next look read the document again.
func (i *instance) forget() { i.known, i.mark, i.has = false, mark{}, nil }

// lost notes that the instance has nothing any more.
func (i *instance) lost() { i.known, i.mark, i.has, i.wrote = true, mark{}, nil, time.Time{} }

// peek asks an instance which document it has.
func (g *Gateway) peek(ctx context.Context, i *instance) (mark, error) {
	var at mark
	err := g.client.Do(ctx, g.peeking(i, &at))
	return at, err
}

func (g *Gateway) peeking(i *instance, at *mark) admin.Call {
	c := i.call("look at configuration", http.MethodHead)
	c.Success = []int{http.StatusOK}
	c.Take = func(header http.Header, _ io.Reader) (err error) {
		// A page of a proxy that says 200 to everything is not the news that an instance lost its configuration.
		if !admin.IsJSON(header) {
			return admin.Foreign(fmt.Sprintf("content of type %q", header.Get("Content-Type")))
		}
		*at, err = readMark(header)
		return err
	}
	return c
}

// look brings up to date what is known of an instance, and reads the document only when it is another one.
func (g *Gateway) look(ctx context.Context, i *instance) error {
	if i.known && i.mark.configured {
		at, err := g.peek(ctx, i)
		if err != nil || at == i.mark {
			return err
		}
	}
	i.forget()
	c := i.call("read configuration", http.MethodGet)
	c.Success = []int{http.StatusOK}
	var read *document
	var at mark
	c.Take = func(header http.Header, body io.Reader) (err error) {
		read, at, err = readDocument(header, body)
		return err
	}
	if err := g.client.Do(ctx, c); err != nil {
		return err
	}
	i.known, i.mark, i.keeps = true, at, read.versions
	if at.configured {
		i.has = read
	} else {
		i.wrote = time.Time{}
	}
	return nil
}

// put sends a document to one instance. An answer that was lost is looked for before the PUT is repeated.
func (g *Gateway) put(ctx context.Context, i *instance, d *document, body []byte, hidden []string) error {
	c := i.call("put configuration", http.MethodPut)
	c.Header = http.Header{digestHeader: {d.digest}}
	c.Body, c.Hidden = body, hidden
	c.Success = []int{http.StatusAccepted, http.StatusNoContent}
	at := mark{}
	c.Take = func(header http.Header, _ io.Reader) (err error) {
		at, err = readMark(header)
		return err
	}
	err := g.client.Retry(ctx, c, func() *admin.Failure {
		f := g.client.Once(ctx, c)
		if f != nil && f.Broke && g.client.Once(ctx, g.peeking(i, &at)) == nil && at.configured && at.digest == d.digest {
			return nil
		}
		return f
	})
	i.forget()
	i.wrote = time.Now()
	if refused := (*gateway.Error)(nil); errors.As(err, &refused) && strings.Contains(refused.Reason, "must be greater than or equal to") {
		return g.moved(i)
	}
	if err != nil {
		return err
	}
	return g.took(ctx, i, d, at)
}

// took notes what an instance has now. Some versions don't date the answer to a PUT.
func (g *Gateway) took(ctx context.Context, i *instance, d *document, at mark) error {
	if !at.configured {
		var err error
		if at, err = g.peek(ctx, i); err != nil {
			return err
		}
	}
	if !at.configured {
		err := admin.Foreign("no " + lastModified + " after a configuration was put: is the gateway older than 3.14?")
		c := i.call("put configuration", http.MethodPut)
		return c.Fail(gateway.Unreachable, 0, err.Error(), err).Error
	}
	if at.digest != d.digest {
		return g.moved(i)
	}
	i.known, i.mark, i.has = true, at, d
	return nil
}

// moved is the error of an instance that has another document than it should: somebody else put it.
func (g *Gateway) moved(i *instance) error {
	c := i.call("put configuration", http.MethodPut)
	i.forget()
	return c.Fail(gateway.Moved, 0, "somebody else has put another configuration there", nil).Error
}
