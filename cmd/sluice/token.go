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
	var environments []string
	cmd := &cobra.Command{
		Use:   "token [--role ROLE] NAME | token --hash NAME < FILE",
		Short: "Make a token for the page and the API",
		Long: `Token makes a random token. It prints the token on stdout, once, and on stderr what access.tokens of the daemon's own file needs to
know it: a hash, from which nobody gets the token back. With --hash it reads a token on stdin instead, and prints no other.`,
		Example: `  sluice token --role viewer wall-screen > token`,
		Args:    takes("NAME"),
		RunE: func(_ *cobra.Command, args []string) error {
			if _, ok := access.ParseRole(role); !ok {
				return usageError{fmt.Errorf("unknown role %q: the roles are scraper, viewer and operator", role)}
			}
			if len(environments) > 0 && role != access.Operator.String() {
				return usageError{errors.New("--environments is for --role operator: everybody else may do the same in all of them")}
			}
			named := named{args[0], role, environments}
			if hash {
				return a.hashToken(named)
			}
			a.makeToken(named)
			return nil
		},
	}
	cmd.Flags().StringVar(&role, "role", "viewer", "what it lets do: scraper (reads /metrics), viewer, or operator")
	cmd.Flags().StringSliceVar(&environments, "environments", nil, "with --role operator: act in these `ENVIRONMENTS` alone")
	cmd.Flags().BoolVar(&hash, "hash", false, "read a token on stdin, and print its hash only")
	return cmd
}

// named is who a token is for, and what it lets them do.
type named struct {
	name, role   string
	environments []string // of an operator; empty: all
}

func (a *app) makeToken(who named) {
	token := access.NewToken()
	fmt.Fprintln(a.stdout, token)
	a.tellToken(who, token)
}

// leastToken is how many bytes a token of somebody's own making needs: what can be guessed is no secret, however it is hashed.
const leastToken = 32

func (a *app) hashToken(who named) error {
	text, err := io.ReadAll(io.LimitReader(a.stdin, 4<<10))
	if err != nil {
		return fmt.Errorf("read the token: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if len(token) < leastToken {
		return errors.New("the token is short enough to be guessed: take one that sluice token makes, or openssl rand -hex 32")
	}
	a.tellToken(who, token)
	return nil
}

func (a *app) tellToken(who named, token string) {
	where := ""
	if len(who.environments) > 0 {
		where = "environments: [" + strings.Join(quoted(who.environments), ", ") + "], "
	}
	fmt.Fprintf(a.stderr, "in the daemon's own file:\n\naccess:\n  tokens:\n    - {name: %q, role: %s, %ssha256: %x}\n", who.name, who.role, where, access.HashToken(token))
}
