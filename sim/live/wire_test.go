// SPDX-License-Identifier: GPL-2.0-only

package live

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// answerFrame is what the agent would send.
func answerFrame(o op, recs ...record) []byte {
	var payload []byte
	for _, r := range recs {
		payload = order.AppendUint32(payload, uint32(r.kind))
		payload = order.AppendUint32(payload, uint32(len(r.data)))
		payload = append(payload, r.data...)
	}
	var b bytes.Buffer
	_ = writeFrame(&b, o, payload)
	return b.Bytes()
}

func numbers(n ...uint64) []byte {
	var w words
	w.u64(n...)
	return w
}

func TestFramesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := op(rapid.IntRange(1, int(opOff)).Draw(t, "op"))
		recs := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) record {
			return record{
				recKind(rapid.IntRange(1, int(recNumbers)).Draw(t, "kind")),
				rapid.SliceOfN(rapid.Byte(), 0, 50).Draw(t, "data"),
			}
		}), 0, 6).Draw(t, "records")
		got, out, err := readFrame(bytes.NewReader(answerFrame(o, recs...)))
		require.NoError(t, err)
		require.Equal(t, o, got)
		require.Len(t, out, len(recs))
		for i := range recs {
			require.Equal(t, recs[i].kind, out[i].kind)
			require.True(t, bytes.Equal(recs[i].data, out[i].data))
		}
	})
}

func TestGarbledFrames(t *testing.T) {
	good := answerFrame(opLook, record{recText, []byte("abcdefgh")})
	for cut := range good {
		_, _, err := readFrame(bytes.NewReader(good[:cut]))
		assert.ErrorIs(t, err, map[bool]error{true: io.EOF, false: io.ErrUnexpectedEOF}[cut == 0 || cut == 8], "cut at %d", cut)
	}
	long := bytes.Clone(good)
	order.PutUint32(long, maxFrame+1)
	_, _, err := readFrame(bytes.NewReader(long))
	assert.ErrorIs(t, err, errFrame)
	inner := bytes.Clone(good)
	order.PutUint32(inner[12:], 9)
	_, _, err = readFrame(bytes.NewReader(inner))
	assert.ErrorIs(t, err, errFrame)
	_, err = splitRecords([]byte{1, 2, 3})
	assert.ErrorIs(t, err, errFrame)
}

func TestRecordNumbers(t *testing.T) {
	assert.Equal(t, []uint64{1, 1 << 63}, record{data: numbers(1, 1<<63)}.u64s())
	assert.Equal(t, []uint64{7}, record{data: append(numbers(7), 1, 2)}.u64s())
}

func TestOpNames(t *testing.T) {
	assert.Len(t, opNames, int(opOff)+1)
	assert.Equal(t, "off", opOff.String())
	assert.Equal(t, "op(99)", op(99).String())
}
