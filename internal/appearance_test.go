package internal_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestAppearanceIsAskedInWeb: scripts/test.sh runs tests called ...Look or ...Looks in internal/web and leaves them out
// everywhere else, so there must be none elsewhere.
func TestAppearanceIsAskedInWeb(t *testing.T) {
	script, err := os.ReadFile("../scripts/test.sh")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(script), "appearance='^")
	pattern, _, found := strings.Cut(rest, "$'")
	if !found {
		t.Fatal("the script does not say which they are")
	}
	named := regexp.MustCompile(`(?m)^func (` + pattern + `)\(`)
	inWeb := 0
	err = filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		all := named.FindAllStringSubmatch(string(text), -1)
		if filepath.Dir(path) == "web" {
			inWeb += len(all)
			return nil
		}
		for _, m := range all {
			t.Errorf("%s: %s would never run: call it something else", path, m[1])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if inWeb < 10 {
		t.Errorf("only %d tests of how pages look", inWeb)
	}
}
