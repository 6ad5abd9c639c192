package gateway

// Fault is something in one resource that its gateway would refuse, found before it was sent. It holds no secret.
type Fault struct {
	Key  Key
	Path Path   // the field, as far as it is known; empty stands for the whole resource
	What string // what is wrong, in one line
	Hint string // how to mend it; may be empty
}

// String writes the fault on one line, with its resource and field.
func (f Fault) String() string {
	at := f.Key.String()
	if len(f.Path) > 0 {
		at += " " + f.Path.String()
	}
	return at + ": " + f.What
}
