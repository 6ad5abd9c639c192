package record

import "fmt"

// LockedError says that another process holds the journal.
type LockedError struct {
	PID int // 0 when the process did not leave its number
}

// Error names the process.
func (e *LockedError) Error() string {
	if e.PID == 0 {
		return "another process holds it"
	}
	return fmt.Sprintf("process %d holds it", e.PID)
}
