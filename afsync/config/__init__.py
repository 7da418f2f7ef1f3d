"""From YAML files to what they declare: `loader.load` is the way in, `project.LoadedProject` what comes out."""
