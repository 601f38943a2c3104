package i18n_test

import (
	"testing"

	"ponte/internal/i18n"
)

func TestSize(t *testing.T) {
	c := load(t)
	for bytes, want := range map[int64][2]string{
		0: {"1 KB", "1 KB"}, 1: {"1 KB", "1 KB"}, 1024: {"1 KB", "1 KB"}, 1025: {"2 KB", "2 KB"}, 831_000: {"812 KB", "812 KB"},
		1 << 20: {"1,0 MB", "1.0 MB"}, 3_565_158: {"3,4 MB", "3.4 MB"}, 20 << 20: {"20 MB", "20 MB"},
	} {
		if pt, en := c.In(i18n.Portuguese).Size(bytes), c.In(i18n.English).Size(bytes); pt != want[0] || en != want[1] {
			t.Errorf("%d: %q and %q, want %q", bytes, pt, en, want)
		}
	}
}
