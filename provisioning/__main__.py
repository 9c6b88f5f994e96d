"""`python -m provisioning` is kioskctl."""

from provisioning.main import main

main()
