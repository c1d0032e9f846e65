package app

import "testing"

func TestConnectionsLeaveFilesForTheDatabase(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ files, width, want int }{
		{1 << 20, 4, 1<<20 - 68}, {256, 4, 188}, {1024, 100, 572}, {64, 4, 32}, {1024, 1000, 512},
	} {
		if got := connections(c.files, c.width); got != c.want {
			t.Errorf("%d files, %d statements at once: %d connections, want %d", c.files, c.width, got, c.want)
		}
	}
}
