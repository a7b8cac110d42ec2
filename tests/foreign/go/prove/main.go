// Reads {"key", "proofs"} from standard input and prints of each .tlog-proof what is wrong with it, or null, as a JSON array.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

func main() {
	var given struct {
		Key    string
		Proofs []string
	}
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		log.Fatal(err)
	}
	verifier, err := note.NewVerifier(given.Key)
	if err != nil {
		log.Fatal(err)
	}
	faults := make([]*string, len(given.Proofs))
	for i, text := range given.Proofs {
		if err := check(verifier, text); err != nil {
			fault := err.Error()
			faults[i] = &fault
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(faults); err != nil {
		log.Fatal(err)
	}
}

func check(verifier note.Verifier, text string) error {
	head, checkpoint, found := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return fmt.Errorf("not a proof")
	}
	extra, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	if err != nil {
		return err
	}
	index, err := strconv.ParseUint(strings.TrimPrefix(lines[2], "index "), 10, 64)
	if err != nil {
		return err
	}
	var path [][]byte
	for _, line := range lines[3:] {
		node, err := base64.StdEncoding.DecodeString(line)
		if err != nil {
			return err
		}
		path = append(path, node)
	}
	opened, err := note.Open([]byte(checkpoint), note.VerifierList(verifier))
	if err != nil {
		return err
	}
	facts := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseUint(facts[1], 10, 64)
	if err != nil {
		return err
	}
	root, err := base64.StdEncoding.DecodeString(facts[2])
	if err != nil {
		return err
	}
	entry := extra
	if bytes.HasPrefix(extra, []byte("[1,")) {
		digest := sha256.Sum256(extra)
		entry = digest[:]
	}
	return proof.VerifyInclusion(rfc6962.DefaultHasher, index, size, rfc6962.DefaultHasher.HashLeaf(entry), path, root)
}
