package postgres_test

import (
	"encoding/binary"
	"encoding/hex"
	"testing"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/sqlgen/postgres"
	"github.com/socle-hq/socle/internal/value"
)

func TestAColumnOfAnotherWidthIsNotRead(t *testing.T) {
	t.Parallel()
	for _, kind := range []value.Kind{value.Int, value.UUID, value.Timestamp, value.Date} {
		of := value.Type{Kind: kind}
		if postgres.Formats([]value.Type{of})[0] != 1 {
			t.Errorf("%s is asked for as text", of)
		}
		for _, column := range [][]byte{{}, {1, 2, 3}, make([]byte, 17)} {
			if v, _, err := postgres.Read(of, column, string(postgres.AppendKept(nil, of, column))); err == nil {
				t.Errorf("%s of %d bytes is %s", of, len(column), v.Text())
			}
		}
	}
}

func TestInstantsOutOfRangeAreRefused(t *testing.T) {
	t.Parallel()
	for _, n := range []uint64{1 << 63, 1<<63 - 1} { // -infinity and infinity
		for of, column := range map[value.Kind][]byte{
			value.Timestamp: binary.BigEndian.AppendUint64(nil, n),
			value.Date:      binary.BigEndian.AppendUint32(nil, uint32(n>>32)),
		} {
			if v, _, err := postgres.Read(value.Type{Kind: of}, column, ""); fault.From(err).Code != fault.DateOverflow {
				t.Errorf("%x is %v, %v", column, v, err)
			}
		}
	}
}

func TestWhatFollowsAColumnIsLeft(t *testing.T) {
	t.Parallel()
	types := []value.Type{{Kind: value.UUID}, {Kind: value.Text}, {Kind: value.Int}, {Kind: value.Bytes}, {Kind: value.JSON}}
	id, _ := hex.DecodeString("0198f3a000007000800000000000abcd")
	row := [][]byte{id, []byte("é"), {0, 0, 0, 0, 0, 0, 1, 0}, {0, 255}, []byte(`{"a": 1}`)}
	var kept []byte
	for i, column := range row {
		kept = postgres.AppendKept(kept, types[i], column)
	}
	rest := string(kept)
	for i, want := range []value.Value{value.OfUUID("0198f3a0-0000-7000-8000-00000000abcd"), value.OfText("é"), value.OfInt(256), value.OfBytes("\x00\xff"), value.OfJSON(`{"a":1}`)} {
		var v value.Value
		var err error
		if v, rest, err = postgres.Read(types[i], row[i], rest); err != nil || !value.Equal(v, want) {
			t.Errorf("column %d is %v, %v", i, v, err)
		}
	}
	if rest != "" {
		t.Errorf("%q is left", rest)
	}
}
