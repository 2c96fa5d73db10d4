"""What is replaced in torch so that dropout, mode switches, loads and exports are seen."""
