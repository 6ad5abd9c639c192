package source

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"

	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
)

// pipe is a wire to a git-upload-pack or git-receive-pack that reads from in and writes to out: a process here, or one behind ssh.
type pipe struct {
	in    io.WriteCloser
	out   io.Reader
	said  *sayings     // what it wrote to its standard error
	ended func() error // waits for the end of the process
	kill  func() error // ends it, and any read or write on it
}

// AdvertisedReferencesContext reads the refs. The context of the pipe is the one that it was opened with.
func (p *pipe) AdvertisedReferencesContext(context.Context) (*packp.AdvRefs, error) {
	refs := packp.NewAdvRefs()
	if err := refs.Decode(p.out); err != nil {
		return nil, p.blame(err)
	}
	return refs, nil
}

// UploadPack asks for a pack.
func (p *pipe) UploadPack(_ context.Context, request *packp.UploadPackRequest) (*packp.UploadPackResponse, error) {
	if err := request.Validate(); err != nil {
		return nil, err
	}
	if err := p.ask(request); err != nil {
		return nil, p.blame(err)
	}
	response := packp.NewUploadPackResponse(request)
	if err := response.Decode(io.NopCloser(p.out)); err != nil {
		return nil, p.blame(err)
	}
	return response, nil
}

func (p *pipe) ask(request *packp.UploadPackRequest) error {
	var b bytes.Buffer
	if err := request.UploadRequest.Encode(&b); err != nil {
		return err
	}
	if err := request.UploadHaves.Encode(&b, false); err != nil {
		return err
	}
	if err := pktline.NewEncoder(&b).EncodeString("done\n"); err != nil {
		return err
	}
	_, err := p.in.Write(b.Bytes())
	return errors.Join(err, p.in.Close())
}

// blame prefers what the process itself said to what the decoder makes of its silence.
func (p *pipe) blame(err error) error {
	if !errors.Is(err, packp.ErrEmptyInput) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return err
	}
	ended := p.ended()
	if said := p.said.String(); said != "" {
		return errors.New(said)
	}
	return errors.Join(err, ended)
}

// Close ends the process. It is safe to call it more than once.
func (p *pipe) Close() error {
	return errors.Join(p.kill(), p.ended())
}

// sayings keeps the first 4 KiB that are written to it. It is safe for concurrent use.
type sayings struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

const sayingsSize = 4 << 10

func (s *sayings) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if room := sayingsSize - s.buf.Len(); room > 0 {
		s.buf.Write(b[:min(room, len(b))])
	}
	return len(b), nil
}

// String returns what was written, on one line.
func (s *sayings) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(strings.Fields(s.buf.String()), " ")
}
