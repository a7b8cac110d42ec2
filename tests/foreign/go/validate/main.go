// Reads {"schema", "instances"} from standard input and prints which of the instances the JSON Schema takes, as a JSON array.
package main

import (
	"encoding/json"
	"os"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	given := must(jsonschema.UnmarshalJSON(os.Stdin)).(map[string]any)
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("schema.json", given["schema"]); err != nil {
		panic(err)
	}
	schema := must(compiler.Compile("schema.json"))
	verdicts := []bool{}
	for _, instance := range given["instances"].([]any) {
		verdicts = append(verdicts, schema.Validate(instance) == nil)
	}
	if err := json.NewEncoder(os.Stdout).Encode(verdicts); err != nil {
		panic(err)
	}
}
