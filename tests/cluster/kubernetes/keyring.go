// The kubelet's own search for the credentials of an image: a JSON object with `secrets` (in the pod's order) and
// `images` on stdin, for each image its `{username, password}` in the order of trying on stdout.
package main

import (
	"encoding/json"
	"log"
	"os"

	"k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/credentialprovider"
	"k8s.io/kubernetes/pkg/credentialprovider/secrets"
)

func main() {
	log.SetFlags(0)
	var asked struct {
		Secrets []v1.Secret
		Images  []string
	}
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		log.Fatal(err)
	}
	keyring, err := secrets.MakeDockerKeyring(asked.Secrets, &credentialprovider.BasicDockerKeyring{})
	if err != nil {
		log.Fatal(err)
	}
	found := map[string][]map[string]string{}
	for _, image := range asked.Images {
		found[image] = []map[string]string{}
		configs, _ := keyring.Lookup(image)
		for _, config := range configs {
			found[image] = append(found[image], map[string]string{"username": config.Username, "password": config.Password})
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		log.Fatal(err)
	}
}
