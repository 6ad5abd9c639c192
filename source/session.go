package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
	"github.com/go-git/go-git/v5/plumbing/transport"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// wire speaks git-upload-pack (protocol version 0) with one remote, once: the refs, then at most one pack. One that speaks
// git-receive-pack is a pushWire as well.
type wire interface {
	AdvertisedReferencesContext(context.Context) (*packp.AdvRefs, error)
	UploadPack(context.Context, *packp.UploadPackRequest) (*packp.UploadPackResponse, error)
	Close() error
}

// session is one conversation with the remote. Its context is cancelled when a call takes longer than the timeout, and that
// closes the connection, whatever go-git is doing with it. Use it from one goroutine and close it.
type session struct {
	remote  *remote
	service string // uploadPack or receivePack
	wire    wire
	refs    *packp.AdvRefs
	ctx     context.Context
	cancel  context.CancelCauseFunc
	timer   *time.Timer
	secret  []string // what was used to log in; never printed
}

// The two programs of Git that can be at the other end of a session.
const (
	uploadPack  = "git-upload-pack"
	receivePack = "git-receive-pack"
)

// dial opens a session for fetching, and reads the refs of the remote.
func (r *remote) dial(ctx context.Context) (*session, error) { return r.dialFor(ctx, uploadPack) }

// dialFor opens a session with one of the two programs. A token that is refused before its time, as one that was revoked, is made anew once.
func (r *remote) dialFor(ctx context.Context, service string) (*session, error) {
	s, err := r.dialOnce(ctx, service)
	if err == nil || r.refused == nil || !errors.Is(err, ErrDenied) || len(s.secret) == 0 || !r.refused(gateway.NewSecret("", s.secret[0])) {
		return s, err
	}
	return r.dialOnce(ctx, service)
}

// dialOnce returns the session closed when there is an error.
func (r *remote) dialOnce(ctx context.Context, service string) (*session, error) {
	s := &session{remote: r, service: service}
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	s.timer = time.AfterFunc(r.timeout, func() { s.cancel(errTimeout) })
	err := s.open()
	if err == nil {
		err = s.ctx.Err()
	}
	if err != nil {
		err = s.explain("list branches of "+r.at.String(), err)
		s.close()
	}
	return s, err
}

func (s *session) open() (err error) {
	if s.wire, err = s.connect(); err != nil {
		return err
	}
	s.refs, err = s.wire.AdvertisedReferencesContext(s.ctx)
	if errors.Is(err, transport.ErrEmptyRemoteRepository) || errors.Is(err, packp.ErrEmptyAdvRefs) || err == nil && s.refs.IsEmpty() {
		return ErrEmpty
	}
	return err
}

func (s *session) close() {
	s.timer.Stop()
	s.cancel(nil)
	if s.wire != nil {
		// Nothing is lost when a connection that was read to its end doesn't close well.
		_ = s.wire.Close()
	}
}

const branches = "refs/heads/"

// head returns the hash of the branch.
func (s *session) head(branch string) (plumbing.Hash, error) {
	if hash, ok := s.refs.References[branches+branch]; ok && !hash.IsZero() {
		return hash, nil
	}
	var names []string
	for _, ref := range slices.Sorted(maps.Keys(s.refs.References)) {
		if name, ok := strings.CutPrefix(ref, branches); ok {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return plumbing.ZeroHash, noBranchLeft(branch, s.remote.at)
	}
	return plumbing.ZeroHash, &Error{
		What: fmt.Sprintf("branch %q of %s", branch, s.remote.at),
		Hint: diag.DidYouMean(branch, names, "it has "+fewNames(names)),
		Err:  fmt.Errorf("%w; it has %s", ErrNoBranch, fewNames(names)),
	}
}

// noBranchLeft is the error of a repository that has something, as a tag or a HEAD that stands on a commit, and no branch.
func noBranchLeft(branch string, at address) error {
	return &Error{
		What: fmt.Sprintf("branch %q of %s", branch, at),
		Hint: "push the branch again, or name another one in repository.branch",
		Err:  fmt.Errorf("%w; it has none at all", ErrNoBranch),
	}
}

// fewNames lists up to ten names.
func fewNames(names []string) string {
	const most = 10
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

// pack asks for all that leads to want and not to have, and hands the pack to store. A session gives one pack.
func (s *session) pack(want plumbing.Hash, have []plumbing.Hash, store func(io.Reader) error) error {
	s.timer.Reset(s.remote.timeout)
	err := s.packed(want, have, store)
	if err == nil {
		// go-git may come back from a deadline that passed without an error.
		err = s.ctx.Err()
	}
	return s.explain(fmt.Sprintf("fetch %s from %s", short(want.String()), s.remote.at), err)
}

func (s *session) packed(want plumbing.Hash, have []plumbing.Hash, store func(io.Reader) error) error {
	transport.FilterUnsupportedCapabilities(s.refs.Capabilities)
	request := packp.NewUploadPackRequestFromCapabilities(s.refs.Capabilities)
	if s.refs.Capabilities.Supports(capability.NoProgress) {
		if err := request.Capabilities.Set(capability.NoProgress); err != nil {
			return err
		}
	}
	request.Wants, request.Haves = []plumbing.Hash{want}, have
	response, err := s.wire.UploadPack(s.ctx, request)
	if err != nil {
		return err
	}
	return errors.Join(store(demux(request.Capabilities, response)), response.Close())
}

func demux(has *capability.List, r io.Reader) io.Reader {
	switch {
	case has.Supports(capability.Sideband64k):
		return sideband.NewDemuxer(sideband.Sideband64k, r)
	case has.Supports(capability.Sideband):
		return sideband.NewDemuxer(sideband.Sideband, r)
	}
	return r
}
