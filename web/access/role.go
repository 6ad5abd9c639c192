package access

import "slices"

// Role says what somebody may do. Each role may do what those before it may.
type Role int

// The roles. The zero value is nobody's: what needs it is open to all.
const (
	Nobody   Role = iota
	Scraper       // reads the metrics
	Viewer        // reads everything
	Operator      // pauses, resumes and asks for a look; somebody may be it in some environments alone, see Who
)

// roleNames are the words of the daemon's file, in the order of the roles.
func roleNames() []string { return []string{"nobody", "scraper", "viewer", "operator"} }

// ParseRole returns the role of that name; false when there is none that somebody can be given.
func ParseRole(name string) (Role, bool) {
	i := slices.Index(roleNames(), name)
	return Role(max(i, 0)), i > 0
}

// String returns the name of the role.
func (r Role) String() string { return roleNames()[r] }

// MarshalText returns the name of the role, for JSON.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what MarshalText wrote. A word that is no role is nobody's.
func (r *Role) UnmarshalText(text []byte) error {
	*r, _ = ParseRole(string(text))
	return nil
}
