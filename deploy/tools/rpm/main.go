// Command rpm reads an rpm where no rpm is installed: it checks the digests, prints name, version and architecture, then a line for each
// file with its mode, owner and path, and unpacks it into a directory when one is named.
//
//	rpm FILE [DIR]
package main

import (
	"fmt"
	"os"

	rpmutils "github.com/sassoftware/go-rpmutils"
)

func main() {
	if err := read(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(args []string) error {
	if err := verify(args[0]); err != nil {
		return err
	}
	file, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer file.Close()
	rpm, err := rpmutils.ReadRpm(file)
	if err != nil {
		return err
	}
	if err := list(rpm.Header); err != nil || len(args) < 2 {
		return err
	}
	return rpm.ExpandPayload(args[1])
}

// verify checks the digests of the header and of the content; nobody has signed them.
func verify(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, _, err = rpmutils.Verify(file, nil)
	return err
}

func list(header *rpmutils.RpmHeader) error {
	name, err := header.GetNEVRA()
	if err != nil {
		return err
	}
	files, err := header.GetFiles()
	if err != nil {
		return err
	}
	fmt.Println(name)
	for _, f := range files {
		fmt.Printf("%06o %s:%s %s\n", f.Mode(), f.UserName(), f.GroupName(), f.Name())
	}
	return nil
}
