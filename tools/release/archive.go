package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// member is one file of an archive.
type member struct {
	name string
	data []byte
	mode int64
}

// archive packs a binary with its manual, completions and the files that an installation by hand needs.
func (b build) archive(name string) error {
	binary, err := os.ReadFile(filepath.Join(b.stage, "sluice"))
	if err != nil {
		return err
	}
	members := []member{{name + "/sluice", binary, 0o755}}
	for _, file := range []string{"LICENSE", "README.md", "CHANGELOG.md", "deploy/systemd/sluice.service", "deploy/systemd/sluice.sysusers", "deploy/packages/sluice-daemon.yaml"} {
		data, err := os.ReadFile(filepath.Join(b.source, file))
		if err != nil {
			return err
		}
		members = append(members, member{path.Join(name, path.Base(file)), data, 0o644})
	}
	for _, dir := range []string{"man", "completions"} {
		more, err := membersOf(os.DirFS(b.stage), dir, name)
		if err != nil {
			return err
		}
		members = append(members, more...)
	}
	return b.writeArchive(name+".tar.gz", members)
}

// membersOf reads the files below a directory, which go below another one in the archive.
func membersOf(from fs.FS, dir, into string) ([]member, error) {
	var members []member
	err := fs.WalkDir(from, dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(from, name)
		members = append(members, member{path.Join(into, name), data, 0o644})
		return err
	})
	return members, err
}

func (b build) writeArchive(name string, members []member) error {
	data, err := pack(members, b.moment)
	if err != nil {
		return fmt.Errorf("pack %s: %w", name, err)
	}
	return writeFile(filepath.Join(b.out, name), data)
}

// pack makes a tar.gz that depends on nothing but its arguments: files in order of their names, root's, of one moment.
func pack(members []member, moment time.Time) ([]byte, error) {
	members = slices.SortedFunc(slices.Values(members), func(a, b member) int { return strings.Compare(a.name, b.name) })
	var packed bytes.Buffer
	squeezed, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	archive := tar.NewWriter(squeezed)
	for _, m := range members {
		header := &tar.Header{
			Typeflag: tar.TypeReg, Name: m.name, Size: int64(len(m.data)), Mode: m.mode, ModTime: moment,
			Uname: "root", Gname: "root", Format: tar.FormatUSTAR,
		}
		if err := archive.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := archive.Write(m.data); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	if err := squeezed.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}
