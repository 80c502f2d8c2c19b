// The generators of Pulumi for SDKs of a package, as one command for three languages.
//
// Usage: generate-sdk go|nodejs|python SCHEMA FOLDER
//
// SCHEMA is a file with the schema of the package, and FOLDER is created or completed.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	golang "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

const (
	tool = "generate-sdk"
	// An SDK for local use, which npm compiles when it is installed, as `pulumi package add` generates it.
	local = true
)

func main() {
	if len(os.Args) != 4 {
		fail(fmt.Errorf("usage: %s go|nodejs|python SCHEMA FOLDER", tool))
	}
	files, err := generate(os.Args[1], os.Args[2])
	if err != nil {
		fail(err)
	}
	for name, content := range files {
		if err := write(filepath.Join(os.Args[3], name), content); err != nil {
			fail(err)
		}
	}
}

func generate(language string, file string) (map[string][]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return nil, fmt.Errorf("%s is not a schema: %w", file, err)
	}
	pkg, diagnostics, err := schema.BindSpec(spec, schema.NewNullLoader(), schema.ValidationOptions{})
	if err != nil {
		return nil, err
	}
	for _, found := range diagnostics {
		fmt.Fprintln(os.Stderr, found.Error())
	}
	if diagnostics.HasErrors() {
		return nil, diagnostics.Errs()[0]
	}
	switch language {
	case "go":
		return golang.GeneratePackage(tool, pkg, nil)
	case "nodejs":
		return nodejs.GeneratePackage(tool, pkg, nil, nil, local, nil)
	case "python":
		return python.GeneratePackage(tool, pkg, nil, nil)
	}
	return nil, fmt.Errorf("there is no generator for %q", language)
}

func write(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}

func fail(err error) {
	fmt.Fprintf(os.Stderr, "%s: %s\n", tool, err)
	os.Exit(1)
}
