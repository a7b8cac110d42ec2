// Sends one event in each mode with the CloudEvents SDK for Go. NOW says what time it is: Go asks the kernel, past a clock that is shifted
// for a test. Prints the mode, the id and the status of each.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
)

func event(id string) cloudevents.Event {
	e := cloudevents.NewEvent()
	e.SetID(id)
	e.SetSource("/go")
	e.SetType("org.example.go")
	e.SetSubject(os.Getenv("SUBJECT"))
	now, err := time.Parse(time.RFC3339, os.Getenv("NOW"))
	if err != nil {
		panic(err)
	}
	e.SetTime(now.Add(-5 * time.Second).Truncate(time.Second).Add(123456789))
	e.SetDataSchema("https://example.org/schema")
	e.SetExtension("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	e.SetExtension("flag", true)
	e.SetExtension("number", 7)
	data := map[string]any{"action": "probe.go", "outcome": "success", "actor": map[string]any{"id": "go", "label": "Größe 😀"}}
	if err := e.SetData(cloudevents.ApplicationJSON, data); err != nil {
		panic(err)
	}
	return e
}

func post(mode, id string, request *http.Request, err error) {
	if err != nil {
		panic(err)
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("KEY"))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	if response.StatusCode == 202 {
		body = nil
	}
	fmt.Println(mode, id, response.StatusCode, string(body))
}

func main() {
	url := os.Getenv("ORIGIN") + "/api/agent/events"
	ctx := context.Background()
	request, err := cloudevents.NewHTTPRequestFromEvent(binding.WithForceStructured(ctx), url, event("go-structured"))
	post("structured", "go-structured", request, err)
	request, err = cloudevents.NewHTTPRequestFromEvent(binding.WithForceBinary(ctx), url, event("go-binary"))
	post("binary", "go-binary", request, err)
	bytes := event("go-bytes")
	bytes.DataBase64 = true
	request, err = cloudevents.NewHTTPRequestFromEvent(binding.WithForceStructured(ctx), url, bytes)
	post("structured", "go-bytes", request, err)
	request, err = cloudevents.NewHTTPRequestFromEvents(ctx, url, []cloudevents.Event{event("go-batch-0"), event("go-batch-1")})
	post("batch", "go-batch-0", request, err)
}
