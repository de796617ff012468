package pg

import (
	"context"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"sync/atomic"
)

// ByUser is a statement about one user on tables that are hash-partitioned by user id, ready to run on the one partition of each table
// that can hold the user's rows. PostgreSQL finds that partition by itself, too, but a plan over all of them locks every partition and its
// indexes and sets up what it then leaves out: half of the time of a read by key, and of a write.
type ByUser struct {
	whole string
	parts [maxPartitions]string
}

// maxPartitions is the largest number of partitions a table may have; numbers are powers of two, so that one hash serves them all.
const maxPartitions = 8

// ForUser prepares a statement in which tables stand as {NAME/COUNT}: a table NAME of COUNT partitions NAME_p0 and so on, partition
// number r holding remainder r. It panics on anything else in braces, which only a programmer can write.
func ForUser(sql string) *ByUser {
	s := &ByUser{whole: expand(sql, -1)}
	for r := range s.parts {
		s.parts[r] = expand(sql, r)
	}
	return s
}

func expand(sql string, remainder int) string {
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(sql, "{")
		out.WriteString(before)
		if !ok {
			return out.String()
		}
		table, after, _ := strings.Cut(rest, "}")
		name, count, _ := strings.Cut(table, "/")
		n, err := strconv.Atoi(count)
		if err != nil || name == "" || n < 1 || maxPartitions%n != 0 {
			panic(fmt.Sprintf("pg.ForUser: {%s} is no partitioned table", table))
		}
		out.WriteString(name)
		if remainder >= 0 {
			out.WriteString("_p" + strconv.Itoa(remainder%n))
		}
		sql = after
	}
}

// Of is the statement's text for one user.
func (s *ByUser) Of(user int64) string {
	if wholeTables.Load() {
		return s.whole
	}
	return s.parts[partition(user)%maxPartitions]
}

// wholeTables is set when a server was met that spreads rows in another way than ours: then nothing goes to single partitions.
var wholeTables atomic.Bool

// checkPartitions compares our hash with the server's. It is fixed for as long as data directories are, but a server that is only
// spoken to like PostgreSQL may have its own.
func checkPartitions(ctx context.Context, q Querier) error {
	ids := []int64{0, 1, 2, 3, 4, 5, 6, 7, 1 << 31, 1<<32 + 5, -1, -1 << 40}
	rows, err := q.Query(ctx, `SELECT id, hashint8extended(id, 8816678312871386365) FROM unnest($1::bigint[]) AS id`, ids)
	if err != nil {
		return fmt.Errorf("how rows are spread: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, hash int64
		if err := rows.Scan(&id, &hash); err != nil {
			return fmt.Errorf("how rows are spread: %w", err)
		}
		if uint64(hash) != hashOf(id) {
			wholeTables.Store(true)
		}
	}
	return rows.Err()
}

// partition is what PostgreSQL takes the remainder of to find the partition of a row: compute_partition_hash_value for one bigint.
func partition(id int64) uint64 { return hashOf(id) + 0x49a0f4dd15e5a8e3 }

// hashOf is hashint8extended with the seed of partitioning: Jenkins' hash of four bytes, which of a bigint are its halves folded so that
// equal numbers of smaller types hash alike.
func hashOf(id int64) uint64 {
	const seed uint64 = 0x7a5b22367996dcfd
	low, high := uint32(id), uint32(id>>32) //nolint:gosec // halves
	if id < 0 {
		high = ^high
	}
	a := uint32(0x9e3779b9 + 4 + 3923095)
	b, c := a, a
	a += uint32(seed >> 32)
	b += uint32(seed & 0xffffffff)
	a -= c // Jenkins' mix
	a ^= bits.RotateLeft32(c, 4)
	c += b
	b -= a
	b ^= bits.RotateLeft32(a, 6)
	a += c
	c -= b
	c ^= bits.RotateLeft32(b, 8)
	b += a
	a -= c
	a ^= bits.RotateLeft32(c, 16)
	c += b
	b -= a
	b ^= bits.RotateLeft32(a, 19)
	a += c
	c -= b
	c ^= bits.RotateLeft32(b, 4)
	b += a

	a += low ^ high

	c ^= b // and his final
	c -= bits.RotateLeft32(b, 14)
	a ^= c
	a -= bits.RotateLeft32(c, 11)
	b ^= a
	b -= bits.RotateLeft32(a, 25)
	c ^= b
	c -= bits.RotateLeft32(b, 16)
	a ^= c
	a -= bits.RotateLeft32(c, 4)
	b ^= a
	b -= bits.RotateLeft32(a, 14)
	c ^= b
	c -= bits.RotateLeft32(b, 24)
	return uint64(b)<<32 | uint64(c)
}
