package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/storage/memory"
)

// pushWire is a wire that takes packs.
type pushWire interface {
	ReceivePack(context.Context, *packp.ReferenceUpdateRequest) (*packp.ReportStatus, error)
}

// Push makes a branch of the remote stand on a commit that was made here, whatever it stood on before: branches that are pushed are
// Sluice's own. One that stands there already is left alone. The followed branch is refused. ErrDenied says that the login may not
// push.
func (r *Repository) Push(ctx context.Context, branch string, p Proposal) error {
	ref := plumbing.NewBranchReferenceName(branch)
	if err := ref.Validate(); err != nil || branch == r.branch {
		return &Error{What: fmt.Sprintf("push branch %q: nothing is pushed to the followed branch, and a name must be one", branch)}
	}
	s, err := r.remote.dialFor(ctx, receivePack)
	if err != nil {
		return mayPush(err)
	}
	defer s.close()
	old := s.refs.References[string(ref)]
	next := plumbing.NewHash(p.Commit.Hash)
	if old == next {
		return nil
	}
	pack, err := p.objects.pack()
	if err != nil {
		return fmt.Errorf("push branch %q: %w", branch, err)
	}
	err = s.push(&packp.Command{Name: ref, Old: old, New: next}, pack)
	return mayPush(s.explain(fmt.Sprintf("push branch %q to %s", branch, r.remote.at), err))
}

// Drop takes a branch of the remote away, as long as it stands at this commit, given by its whole hash. One that is elsewhere, or gone, is
// left alone. The followed branch is refused.
func (r *Repository) Drop(ctx context.Context, branch, at string) error {
	ref := plumbing.NewBranchReferenceName(branch)
	if err := ref.Validate(); err != nil || branch == r.branch {
		return &Error{What: fmt.Sprintf("delete branch %q: the followed branch stays, and a name must be one", branch)}
	}
	s, err := r.remote.dialFor(ctx, receivePack)
	if err != nil {
		return mayPush(err)
	}
	defer s.close()
	old := s.refs.References[string(ref)]
	if old.IsZero() || old.String() != at {
		return nil
	}
	err = s.push(&packp.Command{Name: ref, Old: old, New: plumbing.ZeroHash}, nil)
	return mayPush(s.explain(fmt.Sprintf("delete branch %q of %s", branch, r.remote.at), err))
}

// mayPush says what right is missing.
func mayPush(err error) error {
	if denied, ok := errors.AsType[*Error](err); ok && errors.Is(err, ErrDenied) {
		return &Error{What: denied.What, Hint: "give the login of repository.auth the right to push branches sluice/*", Err: denied.Err}
	}
	return err
}

// push moves a ref. Without a pack nothing is sent but that: for a ref that goes.
func (s *session) push(command *packp.Command, pack io.Reader) error {
	to, ok := s.wire.(pushWire)
	if !ok {
		return errors.New("this wire takes no packs")
	}
	request := packp.NewReferenceUpdateRequestFromCapabilities(s.refs.Capabilities)
	request.Commands = []*packp.Command{command}
	if pack != nil {
		request.Packfile = io.NopCloser(pack)
	} else if err := request.Capabilities.Set(capability.DeleteRefs); err != nil {
		return err
	}
	if may := s.remote.mayPush; may != nil {
		if err := may(); err != nil {
			return err
		}
	}
	s.timer.Reset(s.remote.timeout)
	report, err := to.ReceivePack(s.ctx, request)
	if err == nil && report != nil {
		err = report.Error()
	}
	if err == nil {
		err = s.ctx.Err()
	}
	return err
}

// pack writes all that was made, and nothing that the repository has.
func (o *overlay) pack() (io.Reader, error) {
	storage := memory.NewStorage()
	for _, hash := range o.order {
		object := &plumbing.MemoryObject{}
		object.SetType(o.made[hash].kind)
		if _, err := object.Write(o.made[hash].data); err != nil {
			return nil, err
		}
		if _, err := storage.SetEncodedObject(object); err != nil {
			return nil, err
		}
	}
	var pack bytes.Buffer
	_, err := packfile.NewEncoder(&pack, storage, false).Encode(o.order, 0)
	return &pack, err
}

// httpPush is a wire for pushing over HTTP.
type httpPush struct{ transport.ReceivePackSession }

// UploadPack is not what git-receive-pack does.
func (httpPush) UploadPack(context.Context, *packp.UploadPackRequest) (*packp.UploadPackResponse, error) {
	return nil, errors.New("this wire gives no packs")
}

// ReceivePack sends a pack, and the refs that are to move.
func (p *pipe) ReceivePack(_ context.Context, request *packp.ReferenceUpdateRequest) (*packp.ReportStatus, error) {
	err := errors.Join(request.Encode(p.in), p.in.Close())
	if err != nil {
		return nil, p.blame(err)
	}
	report := packp.NewReportStatus()
	if err := report.Decode(p.out); err != nil {
		return nil, p.blame(err)
	}
	return report, nil
}
