package replica

import (
	"context"
	"fmt"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc"
)

// later stands for the password in the client's own config, which wants one that never changes.
const later = "asked at each login"

// login puts the password as it is now into each login. Etcd forgets whoever is logged in when a password changes there, and the client then logs in
// anew by itself: so a password that is rotated needs no other connection, and a term goes on.
func (c Config) login(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, next grpc.UnaryInvoker, options ...grpc.CallOption) error {
	if who, ok := req.(*pb.AuthenticateRequest); ok {
		password, err := c.Password()
		if err != nil {
			return fmt.Errorf("log in to etcd as %s: %w", c.Username, err)
		}
		req = &pb.AuthenticateRequest{Name: who.Name, Password: password}
	}
	return next(ctx, method, req, reply, cc, options...)
}
