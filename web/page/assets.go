package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed assets
var assetFiles embed.FS

// asset is a file that pages refer to, under a name that changes with its content.
type asset struct {
	kind         string // its content type
	body, zipped []byte // zipped is nil where that saves nothing
}

// assets keeps the files by their names with the hash, and the addresses by their plain names.
type assets struct {
	files     map[string]asset
	addresses map[string]string
}

func readAssets(files fs.FS) (assets, error) {
	all := assets{files: map[string]asset{}, addresses: map[string]string{}}
	names, err := fs.Glob(files, "assets/*")
	if err != nil {
		return all, err
	}
	for _, name := range names {
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return all, err
		}
		sum := sha256.Sum256(body)
		ext := path.Ext(name)
		hashed := strings.TrimSuffix(path.Base(name), ext) + "-" + hex.EncodeToString(sum[:6]) + ext
		all.files[hashed] = asset{kind: contentType(ext), body: body, zipped: zipped(body)}
		all.addresses[path.Base(name)] = "/assets/" + hashed
	}
	return all, nil
}

func contentType(ext string) string {
	if kind := mime.TypeByExtension(ext); kind != "" && ext != ".LICENSE" {
		return kind
	}
	return "text/plain; charset=utf-8"
}

// zipped returns nil where the body would hardly shrink.
func zipped(body []byte) []byte {
	var buffer bytes.Buffer
	writer, err := gzip.NewWriterLevel(&buffer, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := writer.Write(body); err != nil || writer.Close() != nil || buffer.Len() > len(body)*9/10 {
		return nil
	}
	return buffer.Bytes()
}

// serve answers for ever: another content has another name.
func (a assets) serve(w http.ResponseWriter, r *http.Request) {
	file, ok := a.files[r.PathValue("file")]
	if !ok {
		http.Error(w, "no such file", http.StatusNotFound)
		return
	}
	header := w.Header()
	header.Set("Content-Type", file.kind)
	header.Set("Cache-Control", "public, max-age=31536000, immutable")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Vary", "Accept-Encoding")
	body := file.body
	if file.zipped != nil && takesGzip(r) {
		header.Set("Content-Encoding", "gzip")
		body = file.zipped
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // a client that went away is its own affair
}

// takesGzip reports whether the client said that it reads gzip.
func takesGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(name, "gzip") && strings.ReplaceAll(quality, " ", "") != "q=0" {
			return true
		}
	}
	return false
}
