package page

import (
	"bytes"
	"compress/gzip"
	"embed"
	"html/template"
	"net/http"
	"strconv"

	"go.uber.org/zap"
)

//go:embed templates
var templateFiles embed.FS

// frame is a page: what all of them have, and the body that only one has.
type frame struct {
	Title   string
	View    string // which entry of the navigation is current
	Name    string // of the template of the body
	Body    any
	Watch   string // the environment whose changes concern the page; empty: all
	Still   bool   // it shows what does not change: it is not looked at again
	Visitor Visitor
	Version string
	Path    string // of the request, to come back to
	Main    template.HTML
}

// write renders the page as a whole before the first byte is sent, so that a fault has a status of its own.
func (h *Handler) write(w http.ResponseWriter, r *http.Request, status int, f frame) {
	f.Visitor, f.Version, f.Path = h.visitor(r), h.version, r.URL.RequestURI()
	var body, page bytes.Buffer
	err := h.templates.ExecuteTemplate(&body, f.Name+".html", f)
	if err == nil {
		f.Main = template.HTML(body.String())
		err = h.templates.ExecuteTemplate(&page, "layout.html", f)
	}
	if err != nil {
		h.log.Error("page not drawn", zap.String("path", r.URL.Path), zap.Error(err))
		http.Error(w, "the page could not be drawn; the log says why", http.StatusInternalServerError)
		return
	}
	h.send(w, r, status, page.Bytes())
}

// smallest is what is not worth zipping, in bytes.
const smallest = 1400

func (h *Handler) send(w http.ResponseWriter, r *http.Request, status int, page []byte) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Vary", "Accept-Encoding")
	if len(page) > smallest && takesGzip(r) {
		header.Set("Content-Encoding", "gzip")
		page = h.quickly(page)
	}
	header.Set("Content-Length", strconv.Itoa(len(page)))
	w.WriteHeader(status)
	_, _ = w.Write(page) // a client that went away is its own affair
}

// quickly zips with a writer that was used before: a new one costs more than the page.
func (h *Handler) quickly(page []byte) []byte {
	var buffer bytes.Buffer
	writer, ok := h.zips.Get().(*gzip.Writer)
	if !ok {
		writer = gzip.NewWriter(&buffer)
	}
	defer h.zips.Put(writer)
	writer.Reset(&buffer)
	_, _ = writer.Write(page) // a buffer takes everything
	_ = writer.Close()
	return buffer.Bytes()
}
