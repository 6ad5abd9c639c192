package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sluice-gitops/sluice/web/access"
)

func (a *app) tokenCommand() *cobra.Command {
	var role string
	var hash bool
	cmd := &cobra.Command{
		Use:   "token [--role ROLE] NAME | token --hash NAME < FILE",
		Short: "Make a token for the page and the API",
		Long: `Token makes a random token. It prints the token on stdout, once, and on stderr what access.tokens of the daemon's own file needs to
know it: a hash, from which nobody gets the token back. With --hash it reads a token on stdin instead, and prints no other.`,
		Example: `  sluice token --role viewer wall-screen > token`,
		Args:    takes("NAME"),
		RunE: func(_ *cobra.Command, args []string) error {
			if parsed, ok := access.ParseRole(role); !ok {
				return usageError{fmt.Errorf("unknown role %q: the roles are scraper, viewer and operator", role)}
			} else if hash {
				return a.hashToken(args[0], parsed)
			}
			a.makeToken(args[0], role)
			return nil
		},
	}
	cmd.Flags().StringVar(&role, "role", "viewer", "what it lets do: scraper (reads /metrics), viewer, or operator")
	cmd.Flags().BoolVar(&hash, "hash", false, "read a token on stdin, and print its hash only")
	return cmd
}

func (a *app) makeToken(name, role string) {
	token := access.NewToken()
	fmt.Fprintln(a.stdout, token)
	a.tellToken(name, role, token)
}

// leastToken is how many bytes a token of somebody's own making needs: what can be guessed is no secret, however it is hashed.
const leastToken = 32

func (a *app) hashToken(name string, role access.Role) error {
	text, err := io.ReadAll(io.LimitReader(a.stdin, 4<<10))
	if err != nil {
		return fmt.Errorf("read the token: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if len(token) < leastToken {
		return errors.New("the token is short enough to be guessed: take one that sluice token makes, or openssl rand -hex 32")
	}
	a.tellToken(name, role.String(), token)
	return nil
}

func (a *app) tellToken(name, role, token string) {
	fmt.Fprintf(a.stderr, "in the daemon's own file:\n\naccess:\n  tokens:\n    - {name: %q, role: %s, sha256: %x}\n", name, role, access.HashToken(token))
}
