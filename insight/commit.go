package insight

import "time"

// Commit is a commit of the config repo. The zero value stands for none.
type Commit struct {
	Hash    string    `json:"hash"`              // in full
	Subject string    `json:"subject,omitempty"` // empty where the mirror does not hold the commit
	Author  string    `json:"author,omitempty"`  // "Name <address>"
	When    time.Time `json:"when,omitzero"`     // when it was committed
	URL     string    `json:"url,omitempty"`     // of its page in the forge; empty without one
}

// Short returns the first seven digits of the hash, for people.
func (c Commit) Short() string { return c.Hash[:min(7, len(c.Hash))] }

// Place is where something stands in the config repo.
type Place struct {
	File     string `json:"file"`               // from the root of the config repo
	Line     int    `json:"line"`               // from 1; 0: the file as a whole
	Col      int    `json:"col,omitempty"`      // from 1; 0: the line as a whole
	Revision string `json:"revision,omitempty"` // the commit that a pin reads the file at; empty: the commit that is shown
	URL      string `json:"url,omitempty"`      // of the line in the forge; empty without one
}
