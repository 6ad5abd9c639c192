package record

import "io"

// Store keeps the bytes of a journal: lines of JSON, one behind the other. A Journal is the only one that appends and cuts, and
// does so from one goroutine at a time; ReadAt may be called at any time by several. A Store that is an io.Closer is closed with
// its Journal or View.
//
// A Store need not be able to take a line whole or not at all: after a failed Append, or a crash in the middle of one, any part
// of the line may stand behind what was there before. The journal finds it and cuts it off.
type Store interface {
	// ReadAt reads as io.ReaderAt says: at the end it returns io.EOF. Any other error is one of the store, and then nothing is
	// known of what stands there.
	io.ReaderAt
	// Append puts line behind the first at bytes, and returns when it would outlast a loss of power. The journal says where it
	// believes that the end is; a store that ends elsewhere returns an error and writes nothing.
	Append(line []byte, at int64) error
	// Cut removes, lastingly, what stands behind the first size bytes. With nothing there it does nothing. A store that is
	// shorter than size returns an error.
	Cut(size int64) error
}
