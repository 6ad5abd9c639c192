package source

import (
	"os"
	"path/filepath"
	"strings"
)

// packFiles maps the files of a mirror's packs to their sizes. It changes when somebody else touches the mirror.
type packFiles map[string]int64

// packs lists the files of the packs.
func (m *mirror) packs() (packFiles, error) {
	files, err := os.ReadDir(filepath.Join(m.dir, "objects", "pack"))
	if err != nil {
		return nil, err
	}
	packs := packFiles{}
	for _, file := range files {
		info, err := file.Info()
		if err != nil {
			return nil, err
		}
		packs[file.Name()] = info.Size()
	}
	return packs, nil
}

// include reports whether all of old is still there, unchanged in size.
func (p packFiles) include(old packFiles) bool {
	for name, size := range old {
		if now, ok := p[name]; !ok || now != size {
			return false
		}
	}
	return true
}

// count returns the number of packs.
func (p packFiles) count() (n int) {
	for name := range p {
		if strings.HasSuffix(name, ".pack") {
			n++
		}
	}
	return n
}
